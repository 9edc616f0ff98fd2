import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imageComplaint, isAuthorText, isGlob, isRange, isRedisUrl, isTimezone } from '../../src/config/texts.js'

const DIGEST = `sha256:${'0'.repeat(64)}`
const NO_IMAGE = 'expected an image repository such as "ghcr.io/org/app"'

const IMAGES: readonly [string, string | undefined][] = [
  ['ghcr.io/org/app', undefined],
  ['alpine', undefined],
  ['127.0.0.1:5000/app', undefined],
  ['alpine:3.20', 'the policy selects the tag: expected the image without it'],
  [`ghcr.io/org/app:1.0@${DIGEST}`, 'the policy selects the tag: expected the image without it'],
  [`ghcr.io/org/app@${DIGEST}`, 'the policy selects the digest: expected the image without it'],
  ['https://ghcr.io/org/app', 'an image has no scheme: expected one such as "ghcr.io/org/app"'],
  ['docker://alpine', 'an image has no scheme: expected one such as "ghcr.io/org/app"'],
  ['', NO_IMAGE],
  ['ghcr.io/', NO_IMAGE],
  ['ghcr.io/Org/app', NO_IMAGE],
  ['ghcr.io/org/app:', NO_IMAGE],
  [' alpine', NO_IMAGE],
]

for (const [text, expected] of IMAGES) {
  test(`image ${JSON.stringify(text)}`, () => assert.equal(imageComplaint(text), expected))
}

const TESTS: readonly [string, (text: string) => boolean, readonly string[], readonly string[]][] = [
  ['range', isRange, ['>=1.0.0', '^1.2 || ~2.0', '*'], ['', 'x y', '>=one', '>= ', '1.0.0 - ']],
  ['time zone', isTimezone, ['UTC', 'Europe/Paris', 'europe/paris'], ['', 'Mars', 'Europe/Atlantis', 'UTC ']],
  [
    'glob',
    isGlob,
    ['apps/**', '**/*.yaml', 'a.yaml', 'a..b/*', '!(secrets)/**'],
    ['', '!secrets/**', '/apps/**', '../x', 'a/../b', './a', 'a'.repeat(1025)],
  ],
  [
    'Redis URL',
    isRedisUrl,
    ['redis://127.0.0.1:6379', 'redis://redis', 'rediss://user:password@redis.example.com:6380/1'],
    ['', 'redis', 'redis:6379', 'redis://', 'http://redis', 'redis://re dis', 'xredis://a'],
  ],
  ['author', isAuthorText, ['Tidemark', 'Zoë Ñ'], ['', ' ', 'a <b>', 'a\nb', 'a\rb', 'a\0b']],
]

for (const [what, passes, right, wrong] of TESTS) {
  for (const text of right) test(`${what} ${JSON.stringify(text)} is right`, () => assert.equal(passes(text), true))
  for (const text of wrong)
    test(`${what} ${JSON.stringify(text.slice(0, 20))} is wrong`, () => assert.equal(passes(text), false))
}
