import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { type Env, type Files, faultsOf, load, refusal, withFiles } from './files.js'

const policy = (name: string, rest = '') =>
  `  ${name}: { image: ghcr.io/org/${name}, select: { semver: '*' } ${rest} }\n`

/** Loads the paths, which start at a folder with these files. */
function loadFiles(files: Files, ...paths: string[]) {
  return withFiles(files, (folder) =>
    loadConfiguration(
      paths.map((path) => join(folder, path)),
      { env: {} },
    ),
  )
}

test('applies every default', async () => {
  const { policies, git, server, queue, registries, webhooks, secrets, warnings } = await load(
    `git: { fleet: { url: https://git.example.com/fleet.git } }\npolicies:\n${policy('app', ', write: [{ git: fleet }]')}`,
  )
  assert.deepEqual(policies, [
    {
      name: 'app',
      image: 'ghcr.io/org/app',
      repository: { registry: 'ghcr.io', path: 'org/app' },
      schedule: { type: 'interval', intervalMs: 300_000 },
      select: { semver: '*' },
      digest: 'none',
      fallback: false,
      ageFrom: 'firstSeen',
      demands: {},
      downgrade: 'never',
      write: [{ git: 'fleet' }],
    },
  ])
  assert.deepEqual(
    { ...git },
    {
      fleet: {
        name: 'fleet',
        url: 'https://git.example.com/fleet.git',
        branch: 'main',
        intervalMs: 60_000,
        author: { name: 'Tidemark', email: 'tidemark@localhost' },
        signOff: false,
        push: { options: [] },
        reverts: { withinMs: 90 * 86_400_000 },
      },
    },
  )
  assert.deepEqual(server, { host: '127.0.0.1', port: 8080, names: [] })
  assert.deepEqual(
    [queue, Object.keys(registries), Object.keys(webhooks), secrets, warnings],
    [undefined, [], [], [], []],
  )
})

test('takes what the file says', async () => {
  const { registries, git, webhooks, policies } = await load(`
registries:
  INDEX.docker.io: { plainHttp: false }
  127.0.0.1:5000: { credentials: { username: u, password: p } }
git: { a: { url: https://git.example.com/a, branch: next, interval: 90s, credentials: { token: t }, author: { name: Bot } } }
policies:
  b: { image: nginx, schedule: "0 4 * * *", timezone: Europe/Paris, select: { semver: ^1 }, downgrade: allow }
  a/c: { image: 127.0.0.1:5000/x, schedule: "@hourly", select: { semver: '*' }, write: [{ git: a, files: [x], paths: ["a[0].b"] }] }
webhooks:
  one: { sender: distribution, registry: 127.0.0.1:5000, secret: 12345678a }
  two: { sender: generic, secret: 12345678b }
  three: { sender: github, secret: 12345678c, git: a }
  four: { sender: gitlab, secret: 12345678d, git: a }
  five: { sender: ecr, secret: 12345678e, header: X-Api-Key, requestsPerSecond: 50 }
  six: { sender: gar, audience: tidemark, serviceAccount: a@b.example, registry: INDEX.docker.io }
  seven: { sender: docker-hub, secret: 12345678-12345678-fg }
`)
  assert.deepEqual(
    { ...registries },
    {
      'docker.io': { plainHttp: false, requestsPerSecond: 5, concurrency: 8 },
      '127.0.0.1:5000': {
        plainHttp: true,
        credentials: { username: 'u', password: 'p' },
        requestsPerSecond: 20,
        concurrency: 8,
      },
    },
  )
  const { url, branch, intervalMs, credentials, author } = git.a ?? assert.fail()
  assert.deepEqual([url, branch, intervalMs], ['https://git.example.com/a', 'next', 90_000])
  assert.deepEqual(credentials, { username: 'git', password: 't' })
  assert.deepEqual(author, { name: 'Bot', email: 'tidemark@localhost' })
  assert.deepEqual(
    policies.map(({ name, schedule, downgrade, write }) => [name, schedule, downgrade, write]),
    [
      ['a/c', { type: 'cron', expression: '@hourly' }, 'never', [{ git: 'a', files: ['x'], paths: ['a[0].b'] }]],
      ['b', { type: 'cron', expression: '0 4 * * *', timezone: 'Europe/Paris' }, 'allow', []],
    ],
  )
  const usual = { requestsPerSecond: 10_000 }
  assert.deepEqual(
    { ...webhooks },
    {
      one: { name: 'one', ...usual, sender: 'distribution', registry: '127.0.0.1:5000', secret: '12345678a' },
      two: { name: 'two', ...usual, sender: 'generic', secret: '12345678b' },
      three: { name: 'three', ...usual, sender: 'github', secret: '12345678c', git: 'a' },
      four: { name: 'four', ...usual, sender: 'gitlab', secret: '12345678d', git: 'a' },
      five: { name: 'five', requestsPerSecond: 50, sender: 'ecr', secret: '12345678e', header: 'x-api-key' },
      six: {
        ...{ name: 'six', ...usual, sender: 'gar', registry: 'docker.io' },
        ...{ audience: 'tidemark', serviceAccount: 'a@b.example' },
      },
      seven: { name: 'seven', ...usual, sender: 'docker-hub', secret: '12345678-12345678-fg' },
    },
  )
})

test('takes what selects a tag', async () => {
  const selects = [
    { semver: '^1' },
    { numerical: 'descending' },
    { alphabetical: 'ascending' },
    { newest: 'created' },
    { digest: 'latest' },
    { same: 'minor' },
    { like: 'current' },
  ]
  const entries = selects.map((select, index) => `  p${index}: { image: alpine, select: ${JSON.stringify(select)} }`)
  const { policies } = await load(`policies:\n${entries.join('\n')}`)
  assert.deepEqual(
    policies.map(({ select }) => select),
    selects,
  )
  assert.deepEqual(
    policies.map(({ digest }) => digest),
    ['none', 'none', 'none', 'none', 'refresh', 'none', 'none'],
  )
})

test('follows a named tag also where its digest is to be pinned', async () => {
  const { policies } = await load('policies:\n  a: { image: alpine, select: { digest: latest }, digest: pin }\n')
  assert.equal(policies[0]?.digest, 'refresh')
})

test('takes how to get to a registry', () =>
  withFiles(
    {
      'a/tidemark.yaml': `
policies: {}
registries:
  ghcr.io:
    endpoint: https://Mirror.example.com:443/
    tls: { ca: ca.pem, cert: ../client.pem, key: /k/client.key }
    proxy: http://u:p4ss@proxy.example.com:3128
    requestsPerSecond: 0.5
    concurrency: "3"
`,
    },
    async (folder) => {
      const { registries, secrets } = await loadConfiguration([join(folder, 'a')], { env: {} })
      assert.deepEqual(registries['ghcr.io'], {
        plainHttp: false,
        endpoint: 'https://mirror.example.com',
        tls: { ca: join(folder, 'a/ca.pem'), cert: join(folder, 'client.pem'), key: '/k/client.key' },
        proxy: 'http://u:p4ss@proxy.example.com:3128',
        requestsPerSecond: 0.5,
        concurrency: 3,
      })
      assert.deepEqual(secrets, ['http://u:p4ss@proxy.example.com:3128', 'dTpwNHNz', 'p4ss'])
    },
  ))

/** The Git repository `a` of these lines, beside the file `keys/id` with a private key. */
function gitOf(lines: string, env: Env = {}) {
  const files = { 'tidemark.yaml': `policies: {}\ngit:\n  a:\n${lines}`, 'keys/id': PEM, known_hosts: '' }
  return withFiles(files, async (folder) => {
    const { git, warnings, secrets } = await loadConfiguration([join(folder, 'tidemark.yaml')], { env })
    return { git: git.a ?? assert.fail(), warnings, secrets, folder }
  })
}

const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString()

test('takes how to get to a Git server', async () => {
  const { git, folder } = await gitOf(`
    url: https://git.example.com/a
    credentials: { githubApp: { id: 12, installation: "34", key: keys/id } }
    tls: { ca: ca.pem, cert: /c, key: k }
    proxy: http://proxy.example.com
`)
  assert.deepEqual(git.credentials, {
    githubApp: { id: '12', installation: '34', key: { file: join(folder, 'keys/id') } },
  })
  assert.deepEqual(git.tls, { ca: join(folder, 'ca.pem'), cert: '/c', key: join(folder, 'k') })
  assert.equal(git.proxy, 'http://proxy.example.com')
})

test('takes how commits are made and pushed', async () => {
  const { git } = await gitOf(
    `
    url: /a
    author: { name: Bot }
    committer: { email: c@example.com }
    signOff: "true"
    message: "chore: {{ summary }}"
    signing: { ssh: "\${KEY}", passphrase: hunter2 }
    push: { branch: "tidemark/{{ policy }}", options: [ci.skip] }
    reverts: { within: 0s }
`,
    { KEY: PEM.trim() },
  )
  const { author, committer, signOff, message, signing, push, reverts } = git
  assert.deepEqual(author, { name: 'Bot', email: 'tidemark@localhost' })
  assert.deepEqual(committer, { name: 'Bot', email: 'c@example.com' })
  assert.deepEqual([signOff, message], [true, 'chore: {{ summary }}'])
  assert.deepEqual(signing, { ssh: { text: PEM }, passphrase: 'hunter2' })
  assert.deepEqual(push, { branch: 'tidemark/{{ policy }}', options: ['ci.skip'] })
  assert.deepEqual(reverts, { withinMs: 0 })
})

/** By what the file and the environment say; `.` is the folder of the file. */
const SSH_LOGINS: readonly [credentials: string, agent: string | undefined, expected: unknown][] = [
  ['{ sshKey: keys/id }', '/run/agent', { sshKey: { file: './keys/id' } }],
  [
    '{ sshKey: keys/id, passphrase: p, knownHosts: known_hosts }',
    undefined,
    { sshKey: { file: './keys/id' }, passphrase: 'p', knownHosts: './known_hosts' },
  ],
  ['{ agent: agent.sock }', '/run/agent', { agent: './agent.sock' }],
  ['{ knownHosts: known_hosts }', '/run/agent', { knownHosts: './known_hosts', agent: '/run/agent' }],
  ['{ knownHosts: known_hosts }', '', { knownHosts: './known_hosts' }],
]

for (const [credentials, agent, expected] of SSH_LOGINS) {
  test(`takes the SSH login ${credentials}${agent ? ' beside an agent' : ''}`, async () => {
    const { git, folder } = await gitOf(`    url: git@h:a\n    credentials: ${credentials}\n`, { SSH_AUTH_SOCK: agent })
    assert.equal(git.url, 'git@h:a')
    assert.deepEqual(JSON.parse(JSON.stringify(git.credentials).replaceAll(`${folder}/`, './')), expected)
  })
}

test('takes the agent of the environment for SSH, and for nothing else', async () => {
  const env = { SSH_AUTH_SOCK: '/run/agent' }
  assert.deepEqual((await gitOf('    url: ssh://h/a\n', env)).git.credentials, { agent: '/run/agent' })
  assert.equal((await gitOf('    url: ssh://h/a\n')).git.credentials, undefined)
  assert.equal((await gitOf('    url: https://h/a\n', env)).git.credentials, undefined)
})

test('takes what prints credentials, with a path of a program that starts at the folder of its file', () => {
  const text = `
policies: {}
registries:
  a.example.com: { credentials: { helper: pass } }
  b.example.com: { credentials: { exec: [./token.sh, ./x] } }
  c.example.com: { credentials: { exec: [token] } }
  d.example.com: { credentials: { provider: acr } }
`
  return withFiles({ 'a/tidemark.yaml': text }, async (folder) => {
    const { registries } = await loadConfiguration([join(folder, 'a')], { env: {} })
    assert.deepEqual(
      Object.values(registries).map(({ credentials }) => credentials),
      [{ helper: 'pass' }, { exec: [join(folder, 'a/token.sh'), './x'] }, { exec: ['token'] }, { provider: 'acr' }],
    )
  })
})

test('takes the proxies of the environment, in lower case first, and keeps their passwords secret', async () => {
  const env = {
    HTTPS_PROXY: 'proxy.example.com:3128',
    http_proxy: 'http://u:p4ss@a',
    HTTP_PROXY: 'http://b',
    no_proxy: 'c',
  }
  const { proxies, secrets } = await load('policies: {}', env)
  assert.deepEqual(proxies, { https: 'http://proxy.example.com:3128', http: 'http://u:p4ss@a', except: 'c' })
  assert.deepEqual(secrets, ['http://u:p4ss@a', 'dTpwNHNz', 'p4ss'])
  assert.deepEqual((await load('policies: {}', { HTTP_PROXY: '' })).proxies, { except: '' })
})

test('is frozen to the bottom, and finds no name that is not there', async () => {
  const configuration = await load(`policies:\n${policy('constructor')}${policy('app')}`)
  assert.equal(configuration.git.constructor, undefined)
  assert.deepEqual(
    configuration.policies.map(({ name }) => name),
    ['app', 'constructor'],
  )
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    assert.ok(Object.isFrozen(value))
    Object.values(value).forEach(walk)
  }
  walk(configuration)
})

test('relative paths start at the folder of the file they stand in', () =>
  withFiles(
    {
      'a/one.yaml': 'policies: {}\nstate: ../state',
      'b/two.yaml':
        'git: { g: { url: ./g.git } }\nregistries: { ghcr.io: { credentials: { dockerConfig: config.json } } }',
    },
    async (folder) => {
      const paths = ['a/one.yaml', 'b/two.yaml'].map((path) => join(folder, path))
      const { state, git, registries } = await loadConfiguration(paths, { env: {} })
      assert.equal(state, join(folder, 'state'))
      assert.equal(git.g?.url, join(folder, 'b/g.git'))
      assert.deepEqual(registries['ghcr.io']?.credentials, { dockerConfig: join(folder, 'b/config.json') })
    },
  ))

test('the state is kept in the working folder where no file says otherwise', () =>
  withFiles({ 'a/one.yaml': 'policies: {}', 'b/two.yaml': 'git: {}' }, async (folder) => {
    const { state } = await loadConfiguration([join(folder, 'a'), join(folder, 'b/two.yaml')], { env: {} })
    assert.equal(state, resolve('.tidemark'))
  }))

test('a folder is all of its YAML files by name, and none below it', async () => {
  const files = {
    'etc/b.yml': `policies:\n${policy('b')}`,
    'etc/a.yaml': `policies:\n${policy('a')}`,
    'etc/.hidden.yaml': 'nonsense',
    'etc/notes.txt': 'nonsense',
    'etc/below/c.yaml': 'nonsense',
  }
  const { policies } = await loadFiles(files, 'etc')
  assert.deepEqual(
    policies.map(({ name }) => name),
    ['a', 'b'],
  )
})

test('a file given twice is read once', async () => {
  const files = { 'etc/a.yaml': `policies:\n${policy('a')}` }
  assert.equal((await loadFiles(files, 'etc', 'etc/a.yaml', 'etc/../etc/a.yaml')).policies.length, 1)
})

test('what two files give is a fault of the second that names the first', async () => {
  const files = {
    'one.yaml': `policies:\n${policy('a')}server: { port: 1 }\nstate: a\nqueue: { redis: redis://a }\n`,
    'two.yaml': `server: { port: 2 }\nstate: b\nqueue: { redis: redis://b }\npolicies:\n${policy('b')}${policy('a')}`,
  }
  assert.deepEqual(await faultsOf(files), [
    'two.yaml:1:1: server: given twice, first at one.yaml:3:1',
    'two.yaml:2:1: state: given twice, first at one.yaml:4:1',
    'two.yaml:3:1: queue: given twice, first at one.yaml:5:1',
    'two.yaml:6:3: policies.a: given twice, first at one.yaml:2:3',
  ])
})

test('every fault of every file is told, in the order of the files', async () => {
  const files = {
    'b.yaml': 'policies: { b: { image: 1 } }\n',
    'a.yaml': 'git: { a: {} }\nstate: ""\n',
  }
  assert.deepEqual(await faultsOf(files), [
    'b.yaml:1:16: policies.b.select: missing, expected a map',
    'b.yaml:1:25: policies.b.image: expected an image repository such as "ghcr.io/org/app", found 1, put it in quotes',
    'a.yaml:1:11: git.a.url: missing, expected a Git URL or a path',
    'a.yaml:2:8: state: expected a path, found an empty text',
  ])
})

test('a name may stand in a file that cannot be read: only what is known is told', () =>
  withFiles(
    { 'a.yaml': `policies:\n${policy('a', ', write: [{ git: g }]')}state: 1\n`, 'b.yaml': 'git: [' },
    async (folder) => {
      const paths = ['nope.yaml', 'a.yaml', 'b.yaml'].map((name) => join(folder, name))
      const { error, lines } = await refusal(loadConfiguration(paths, { env: {} }), folder)
      assert.equal(error.code, 'UNREADABLE')
      assert.deepEqual(lines, [
        'nope.yaml:1:1: cannot read: it does not exist',
        'a.yaml:3:8: state: expected a path, found 1, put it in quotes',
        'b.yaml:1:7: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
      ])
    },
  ))

test('what cannot be read is told with its reason', () =>
  withFiles(
    { 'big.yaml': 'x'.repeat(1024 * 1024 + 1), 'latin.yaml': new Uint8Array([0xf1]), 'bom.yaml': '\ufeffpolicies: {}' },
    async (folder) => {
      await mkdir(join(folder, 'empty'))
      await symlink('nowhere', join(folder, 'link.yaml'))
      const names = ['nope.yaml', 'empty', 'link.yaml', 'big.yaml', 'latin.yaml', 'bom.yaml']
      const { error, lines } = await refusal(
        loadConfiguration(
          names.map((name) => join(folder, name)),
          { env: {} },
        ),
        folder,
      )
      assert.equal(error.code, 'UNREADABLE')
      assert.deepEqual(lines, [
        'nope.yaml:1:1: cannot read: it does not exist',
        'empty:1:1: cannot read: the folder has no .yaml or .yml file',
        'link.yaml:1:1: cannot read: it does not exist',
        'big.yaml:1:1: cannot read: it is larger than 1024 KiB',
        'latin.yaml:1:1: cannot read: it is not UTF-8 text',
        'bom.yaml:1:1: cannot read: it starts with a byte order mark',
      ])
    },
  ))

test('a fault is data, too', async () => {
  const error = await withFiles({ 'a.yaml': 'policies: {}\nstat: 1' }, async (folder) => {
    const { error } = await refusal(loadConfiguration([join(folder, 'a.yaml')], { env: {} }), folder)
    assert.deepEqual(error.faults, [
      { file: join(folder, 'a.yaml'), line: 2, column: 1, path: 'stat', message: 'unknown key, did you mean "state"?' },
    ])
    return error
  })
  assert.deepEqual([error.code, error.retryable], ['INVALID', false])
})
