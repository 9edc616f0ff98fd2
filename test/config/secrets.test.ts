// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { load } from './files.js'

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString()
  .trim()
const LINES = KEY.split('\n')
  .slice(1, -1)
  .filter((line) => line.length >= 24)

const SECRETS: readonly [string, readonly string[]][] = [
  ['registries: { ghcr.io: { credentials: { username: user, password: word } } }', ['dXNlcjp3b3Jk', 'word']],
  [
    'registries: { ghcr.io: { credentials: { username: user, password: "pre-${PASSWORD}" } } }',
    ['dXNlcjpwcmUtcCU0MHNz', 'pre-p%40ss', 'p%40ss'],
  ],
  ['registries: { ghcr.io: { credentials: { dockerConfig: /etc/config.json } } }', []],
  ['git: { a: { url: https://a, credentials: { token: "${PASSWORD}" } } }', ['Z2l0OnAlNDBzcw==', 'p%40ss']],
  ['webhooks: { a: { sender: generic, secret: longenough } }', ['longenough']],
  ['queue: { redis: "redis://${HOST}:6379" }', []],
  [
    'queue: { redis: "redis://user:${PASSWORD}@${HOST}" }',
    ['redis://user:p%40ss@redis.example.com', 'dXNlcjpwQHNz', 'p%40ss', 'p@ss'],
  ],
  ['queue: { redis: "redis://:100%@redis" }', ['redis://:100%@redis', 'OjEwMCU=', '100%']],
  [
    'git: { a: { url: /a, signing: { ssh: "${KEY}", passphrase: "my ${WORD}" } } }',
    [KEY, ...LINES, 'my words', 'words'],
  ],
  [
    'git: { a: { url: git@h:a, credentials: { sshKey: "${KEY}", passphrase: longenough } } }',
    [KEY, ...LINES, 'longenough'],
  ],
  ['git: { token: { url: /secret } }', []],
  ['server: { readToken: read-it, adminToken: operate-it }', ['operate-it', 'read-it']],
]

for (const [line, expected] of SECRETS) {
  test(`the secrets of ${line}`, async () => {
    const { secrets } = await load(`policies: {}\n${line}`, {
      PASSWORD: 'p%40ss',
      HOST: 'redis.example.com',
      WORD: 'words',
      KEY,
    })
    assert.deepEqual(secrets, expected)
  })
}
