// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './files.js'

const SECRETS: readonly [string, readonly string[]][] = [
  ['registries: { ghcr.io: { credentials: { username: user, password: word } } }', ['dXNlcjp3b3Jk', 'word']],
  [
    'registries: { ghcr.io: { credentials: { username: user, password: "pre-${PASSWORD}" } } }',
    ['dXNlcjpwcmUtcCU0MHNz', 'pre-p%40ss', 'p%40ss'],
  ],
  ['registries: { ghcr.io: { credentials: { dockerConfig: /etc/config.json } } }', []],
  ['git: { a: { url: /a, credentials: { token: "${PASSWORD}" } } }', ['Z2l0OnAlNDBzcw==', 'p%40ss']],
  ['webhooks: { a: { sender: generic, secret: longenough } }', ['longenough']],
  ['queue: { redis: "redis://${HOST}:6379" }', []],
  [
    'queue: { redis: "redis://user:${PASSWORD}@${HOST}" }',
    ['redis://user:p%40ss@redis.example.com', 'dXNlcjpwQHNz', 'p%40ss', 'p@ss'],
  ],
  ['queue: { redis: "redis://:100%@redis" }', ['redis://:100%@redis', 'OjEwMCU=', '100%']],
  ['git: { token: { url: /secret } }', []],
]

for (const [line, expected] of SECRETS) {
  test(`the secrets of ${line}`, async () => {
    const { secrets } = await load(`policies: {}\n${line}`, { PASSWORD: 'p%40ss', HOST: 'redis.example.com' })
    assert.deepEqual(secrets, expected)
  })
}
