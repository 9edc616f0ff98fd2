// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { policyFileSchema } from '../../src/config/json-schema.js'
import { loadConfiguration } from '../../src/config/load.js'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(policyFileSchema())

test('config/tidemark.schema.json is what "npm run schema" writes', () => {
  assert.equal(read('config/tidemark.schema.json'), `${JSON.stringify(policyFileSchema(), undefined, 2)}\n`)
})

test('every field has a description', () => {
  const undescribed: string[] = []
  const walk = (schema: Schema, path: string) => {
    for (const [key, field] of Object.entries(schema.properties ?? {})) {
      if (field.description === undefined) undescribed.push(`${path}.${key}`)
      walk(field, `${path}.${key}`)
    }
    for (const child of [schema.additionalProperties, schema.items])
      if (typeof child === 'object') walk(child, `${path}.*`)
  }
  walk(policyFileSchema() as Schema, '')
  assert.deepEqual(undescribed, [])
})

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
}

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

const ENV = {
  HOME: '/home/tidemark',
  DOCKER_HUB_TOKEN: 'docker-hub-token',
  FLEET_PASSWORD: 'fleet-password',
  STAGING_TOKEN: 'staging-token',
  SIGNING_KEY: RSA.export({ type: 'pkcs1', format: 'pem' }).toString(),
  SIGNING_PASSPHRASE: 'signing-passphrase',
  EDGE_SSH_KEY: RSA.export({ type: 'pkcs1', format: 'pem' }).toString(),
  EDGE_PASSPHRASE: 'edge-passphrase',
  APP_KEY: RSA.export({ type: 'pkcs1', format: 'pem' }).toString(),
  APP_SIGNING_KEY: '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nmade-up\n-----END PGP PRIVATE KEY BLOCK-----',
  REGISTRY_WEBHOOK_SECRET: 'a-long-registry-secret',
  HARBOR_WEBHOOK_SECRET: 'a-long-secret-of-harbor',
  ARTIFACTORY_WEBHOOK_SECRET: 'a-long-secret-of-artifactory',
  ECR_WEBHOOK_SECRET: 'a-long-secret-of-amazon',
  FLEET_WEBHOOK_SECRET: 'a-long-secret-of-gitea',
  CI_WEBHOOK_SECRET: 'a-long-secret-of-ci',
  REDIS_PASSWORD: 'redis-password',
  SLACK_URL: 'https://hooks.slack.example/services/made-up',
  TEAMS_URL: 'https://teams.example.com/workflows/made-up',
  MAIL_PASSWORD: 'a-long-password-of-mail',
  EVENTS_SECRET: 'a-long-secret-of-events',
  EVENTS_TOKEN: 'a-long-token-of-events',
  FLUX_RECEIVER_URL: 'https://flux.example.com/hook/made-up',
  FLUX_TOKEN: 'a-long-token-of-flux',
  ARGOCD_WEBHOOK_SECRET: 'a-long-secret-of-argo-cd',
  TIDEMARK_READ_TOKEN: 'a-long-token-to-read',
  TIDEMARK_ADMIN_TOKEN: 'a-long-token-to-operate',
}

const EXAMPLES = [
  ['config/tidemark.yaml', {}],
  ['config/tidemark.example.yaml', ENV],
] as const

for (const [path, env] of EXAMPLES) {
  test(`${path} loads without a warning, and is right for the schema`, async () => {
    const now = Date.UTC(2026, 10, 20)
    const configuration = await loadConfiguration([new URL(path, root).pathname], { env, now })
    assert.deepEqual(configuration.warnings, [])
    assert.ok(configuration.policies.length > 0)
    assert.equal(validate(parse(read(path))), true, JSON.stringify(validate.errors))
    assert.match(read(path), /^# yaml-language-server: \$schema=\.\/tidemark\.schema\.json\n/)
  })
}

test('the example has every field', () => {
  const example = parse(read('config/tidemark.example.yaml'))
  const absent: string[] = []
  const walk = (schema: Schema, values: readonly unknown[], path: string) => {
    for (const [key, field] of Object.entries(schema.properties ?? {})) {
      const found = values.flatMap((value) => (isMap(value) && key in value ? [value[key]] : []))
      if (found.length === 0) absent.push(`${path}.${key}`)
      walk(field, found, `${path}.${key}`)
    }
    const children = values.flatMap((value) => (isMap(value) || Array.isArray(value) ? Object.values(value) : []))
    for (const child of [schema.additionalProperties, schema.items]) {
      if (typeof child === 'object') walk(child, children, `${path}.*`)
    }
  }
  walk(policyFileSchema() as Schema, [example], '')
  assert.deepEqual(absent, [])
})

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const JUDGED: readonly [string, boolean][] = [
  ['policies: {}', true],
  ['server: { port: 80 }', true],
  ['server: { port: "80" }', true],
  ['server: { port: "${PORT}" }', true],
  ['server: { port: eighty }', false],
  ['server: { port: 65536 }', false],
  ['server: { prt: 80 }', false],
  ['policies: { a: { image: alpine, select: { semver: "*" }, interval: 1h30m, downgrade: "${D}" } }', true],
  ['policies: { a: { image: alpine, select: { semver: "*" }, interval: "${I}" } }', true],
  ['policies: { a: { image: alpine, select: { semver: "*" }, interval: 5 minutes } }', false],
  ['policies: { a: { image: alpine, select: { semver: "*" }, downgrade: sometimes } }', false],
  ['policies: { a: { image: alpine, select: { semver: "*" }, interval: 1h, schedule: "@daily" } }', false],
  ['policies: { a: { image: alpine, select: { semver: "*" }, timezone: UTC } }', false],
  ['policies: { a: { image: alpine } }', false],
  ['policies: { a: { image: alpine, select: { numerical: ascending } } }', true],
  ['policies: { a: { image: alpine, select: { alphabetical: "${D}" } } }', true],
  ['policies: { a: { image: alpine, select: { numerical: asc } } }', false],
  ['policies: { a: { image: alpine, select: {} } }', false],
  [
    'policies: { a: { image: alpine, select: { semver: "*" }, tags: { include: a, exclude: [b], extract: "$0" } } }',
    true,
  ],
  ['policies: { a: { image: alpine, select: { semver: "*" }, tags: { exclude: b } } }', false],
  ['policies: { a: { image: alpine, select: { semver: "*" }, tags: { extract: "$0" } } }', false],
  ['policies: { a: { image: alpine, select: { numerical: ascending, semver: "*" } } }', false],
  ['policies: { a: { image: alpine, select: { digest: latest }, digest: "${D}", fallback: "${F}" } }', true],
  ['policies: { a: { image: alpine, select: { digest: latest }, tags: { include: a } } }', false],
  ['policies: { a: { image: alpine, select: { newest: "${N}" } } }', true],
  ['policies: { a: { image: alpine, select: { same: build } } }', false],
  ['policies: { a: { image: alpine, select: { like: current }, window: { allow: Mon, freeze: [2026-12-24] } } }', true],
  ['policies: { a: { image: alpine, select: { like: current }, window: { allow: [Mon, "${W}"] } } }', true],
  ['policies: { a: { image: alpine, select: { like: current }, window: { allow: [] } } }', false],
  ['policies: { a: { image: alpine, select: { like: current }, after: { policy: b, soak: "${S}" } } }', true],
  ['policies: { a: { image: alpine, select: { like: current }, after: { soak: 1h } } }', false],
  ['policies: { a: { image: alpine, select: { like: current }, holds: [{ tag: a, reason: b }] } }', true],
  ['policies: { a: { image: alpine, select: { like: current }, holds: [{ tag: a }] } }', false],
  ['policies: { a: { image: alpine, select: { like: current }, require: { ageFrom: registry } } }', false],
  ['policies: { a: { image: alpine, select: { like: current }, require: { platforms: [] } } }', false],
  ['policies: { a: { image: alpine, select: { like: current }, require: { signature: { cosign: a.pub } } } }', true],
  ['policies: { a: { image: alpine, select: { like: current }, require: { signature: {} } } }', false],
  [
    'policies: { a: { image: alpine, select: { like: current }, require: { signature: { keyless: { issuer: "https://a", identity: b } } } } }',
    true,
  ],
  [
    'policies: { a: { image: alpine, select: { like: current }, require: { signature: { keyless: { issuer: "https://a" } } } } }',
    false,
  ],
  ['policies: { "a b": { image: alpine, select: { semver: "*" } } }', false],
  ['registries: { ghcr.io: { plainHttp: "${P}", credentials: { username: a, password: "${X}" } } }', true],
  ['registries: { ghcr.io: { credentials: { username: a } } }', false],
  ['registries: { ghcr.io: { credentials: { username: a, password: b, dockerConfig: c } } }', false],
  ['registries: { ghcr.io: { credentials: { helper: ecr-login } } }', true],
  ['registries: { ghcr.io: { credentials: { helper: "a b" } } }', false],
  ['registries: { ghcr.io: { credentials: { exec: [./a.sh, "${X}"] } } }', true],
  ['registries: { ghcr.io: { credentials: { exec: [] } } }', false],
  ['registries: { ghcr.io: { credentials: { provider: "${P}" } } }', true],
  ['registries: { ghcr.io: { credentials: { provider: aws } } }', false],
  [
    'registries: { ghcr.io: { tls: { cert: a, key: b }, proxy: "${P}", requestsPerSecond: 0.5, concurrency: "8" } }',
    true,
  ],
  ['registries: { ghcr.io: { tls: { cert: a } } }', false],
  ['registries: { ghcr.io: { requestsPerSecond: 0 } }', false],
  ['registries: { ghcr.io: { requestsPerSecond: "0.0" } }', false],
  ['registries: { ghcr.io: { proxy: "proxy:3128" } }', false],
  ['git: { a: { url: "git@h:a", credentials: { sshKey: "${K}", passphrase: p, knownHosts: k } } }', true],
  ['git: { a: { url: "git@h:a", credentials: { knownHosts: k } } }', true],
  ['git: { a: { url: "git@h:a", credentials: { agent: a, knownHosts: k } } }', true],
  ['git: { a: { url: "git@h:a", credentials: { agent: a, passphrase: p } } }', false],
  ['git: { a: { url: "git@h:a", credentials: { agent: a, sshKey: k } } }', false],
  ['git: { a: { url: "git@h:a", credentials: {} } }', false],
  ['git: { a: { url: "https://h", credentials: { githubApp: { id: 1, installation: "2", key: k } } } }', true],
  ['git: { a: { url: "https://h", credentials: { githubApp: { id: 1, installation: "${I}", key: k } } } }', true],
  ['git: { a: { url: "https://h", credentials: { githubApp: { id: 1, key: k } } } }', false],
  ['git: { a: { url: "https://h", tls: { ca: a }, proxy: "${P}", signOff: "${S}" } }', true],
  ['git: { a: { url: /a, signing: { ssh: k, openpgp: k } } }', false],
  ['git: { a: { url: /a, signing: { openpgp: k, passphrase: p } } }', true],
  ['git: { a: { url: /a, push: { branch: "a/{{ policy }}", options: [a] }, reverts: { within: 0s } } }', true],
  ['git: { a: { url: /a, push: { to: a } } }', false],
  ['git: { a: { url: /a, reverts: { within: never } } }', false],
  ['webhooks: { a: { sender: generic, secret: "${X}" } }', true],
  ['webhooks: { a: { sender: generic, secret: short } }', true],
  ['webhooks: { a: { sender: distribution, secret: "${X}" } }', true],
  ['webhooks: { a: { sender: distribution } }', false],
  ['webhooks: { a: { sender: github, git: a, secret: "${X}" } }', true],
  ['webhooks: { a: { sender: github, secret: "${X}" } }', true],
  ['webhooks: { a: { sender: github } }', false],
  ['webhooks: { a: { sender: gitlab, secret: "${X}" } }', false],
  ['webhooks: { a: { sender: gar, audience: a, serviceAccount: "a@b.c" } }', true],
  ['webhooks: { a: { sender: gar, audience: a, serviceAccount: "a@b.c", secret: "${X}" } }', false],
  ['webhooks: { a: { sender: artifactory, repository: docker, secret: "${X}" } }', true],
  ['webhooks: { a: { sender: nexus, repository: docker, secret: "${X}" } }', false],
  ['webhooks: { a: { sender: docker-hub, secret: "${X}", registry: docker.io } }', false],
  ['webhooks: { a: { sender: gitlab, git: a, registry: ghcr.io, secret: "${X}" } }', false],
  ['webhooks: { a: { sender: "${S}", secret: "${X}" } }', true],
  ['webhooks: { a: { sender: harbour, secret: "${X}" } }', false],
]

for (const [text, expected] of JUDGED) {
  test(`the schema ${expected ? 'takes' : 'refuses'} ${text}`, () => assert.equal(validate(parse(text)), expected))
}
