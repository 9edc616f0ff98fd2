// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { faultsOf, load, withFiles } from './files.js'

const ENV = { NAME: 'main', PORT: '9090', PLAIN: 'false', EMPTY: '', DATABASE: '12345678', NUMBER: '42' }

/** What one field of the file becomes. */
async function host(text: string): Promise<string> {
  return (await load(`policies: {}\nserver: { host: ${JSON.stringify(text)} }`, ENV)).server.host
}

const VALUES: readonly [string, string][] = [
  ['${NAME}', 'main'],
  ['a-${NAME}-${NUMBER}', 'a-main-42'],
  ['$${NAME}', '${NAME}'],
  ['$NAME', '$NAME'],
  ['x${EMPTY}', 'x'],
]

for (const [text, expected] of VALUES) {
  test(`${text} becomes ${expected}`, async () => assert.equal(await host(text), expected))
}

test('a value may be a number or a truth where the field is one, and stays a text where it is not', async () => {
  const { server, registries, webhooks } = await load(
    `policies: {}
server: { port: "\${PORT}" }
registries: { localhost: { plainHttp: "\${PLAIN}" } }
webhooks: { a: { sender: generic, secret: "\${DATABASE}" } }`,
    ENV,
  )
  assert.equal(server.port, 9090)
  assert.equal(registries.localhost?.plainHttp, false)
  assert.ok(webhooks.a?.sender === 'generic')
  assert.equal(webhooks.a.secret, '12345678')
})

test('a file is trimmed, and found from the folder of the policy file', () => {
  const files = {
    'etc/tidemark.yaml': 'policies: {}\nserver: { host: "${file:secrets/host}" }',
    'etc/secrets/host': '\n example.com \n\n',
  }
  return withFiles(files, async (folder) => {
    const { server } = await loadConfiguration([join(folder, 'etc/tidemark.yaml')], { env: {} })
    assert.equal(server.host, 'example.com')
  })
})

test('a value is not looked through again', async () => {
  const { server } = await load('policies: {}\nserver: { host: "${A}" }', { A: '${B}', B: 'b' })
  assert.equal(server.host, '${B}')
})

const MALFORMED = '"${" begins neither "${NAME}" nor "${file:PATH}", and "$${" stands for "${"'

const FAULTS: readonly [string, readonly string[]][] = [
  ['state: ${NOPE}', ['2:8: state: the environment variable NOPE is not set']],
  ['state: ${constructor}', ['2:8: state: the environment variable constructor is not set']],
  ['state: ${UNDEFINED}', ['2:8: state: the environment variable UNDEFINED is not set']],
  [
    'state: "${A}${B}"',
    ['2:8: state: the environment variable A is not set', '2:8: state: the environment variable B is not set'],
  ],
  ['state: "${NAME:-x}"', [`2:8: state: ${MALFORMED}`]],
  ['state: "${NAME"', [`2:8: state: ${MALFORMED}`]],
  ['state: ${file:nope}', ['2:8: state: cannot read "nope": it does not exist']],
  ['state: ${file:.}', ['2:8: state: cannot read ".": it is not a file']],
  ['state: ${file:big}', ['2:8: state: cannot read "big": it is larger than 64 KiB']],
  // What has no value is not told to have a wrong one, too.
  ['server: { port: "${NOPE}" }', ['2:17: server.port: the environment variable NOPE is not set']],
  // What is filled in is not shown.
  [
    'server: { port: "${NAME}" }',
    ['2:17: server.port: expected a port from 0 to 65535, found something else in "${NAME}"'],
  ],
  [
    'git: { a: { url: /a, branch: "x ${NAME}" } }',
    ['2:30: git.a.branch: expected a branch name, found something else in "x ${NAME}"'],
  ],
  [
    'git: { a: { url: https://a, credentials: { token: "${EMPTY}" } } }',
    ['2:51: git.a.credentials.token: expected a text that is not empty, found an empty text'],
  ],
  // Keys stay as they are, and so do regular expressions.
  ['"${NAME}": 1', ['2:1: ["${NAME}"]: unknown key']],
]

for (const [line, expected] of FAULTS) {
  test(`tells of ${line}`, async () => {
    const big = 'x'.repeat(64 * 1024 + 1)
    const faults = await faultsOf({ 'tidemark.yaml': `policies: {}\n${line}\n`, big }, { ...ENV, UNDEFINED: undefined })
    assert.deepEqual(
      faults,
      expected.map((fault) => `tidemark.yaml:${fault}`),
    )
  })
}

test('the name of a Git repository that is filled in is not shown', async () => {
  const text = 'policies:\n  a: { image: alpine, select: { semver: "*" }, write: [{ git: "${NAME}" }] }'
  assert.deepEqual(await faultsOf(text, ENV), [
    '2:63: policies.a.write[0].git: no entry of "git" has the name "${NAME}"',
  ])
})

test('regular expressions of tags keep what looks like an interpolation', async () => {
  const tags = { include: '^(?P<v>.+)-${x}$', exclude: ['$${', '${file:/x}'], extract: '${v}' }
  const { policies } = await load(
    `policies: { a: { image: alpine, select: { semver: '*' }, tags: ${JSON.stringify(tags)} } }`,
  )
  assert.deepEqual(policies[0]?.tags, tags)
})
