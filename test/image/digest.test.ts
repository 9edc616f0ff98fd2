import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isDigest } from '../../src/image/digest.js'

const HASH = 'a1'.repeat(32)

describe('isDigest', () => {
  for (const text of [`sha256:${HASH}`, `sha512:${HASH}${HASH}`]) {
    it(`accepts ${text.slice(0, 20)}…`, () => assert.ok(isDigest(text)))
  }

  const invalid = [
    ...['', 'sha256:', 'sha256:abcde', HASH, `sha256:${HASH.toUpperCase()}`, `sha256:${HASH}0`, `SHA256:${HASH}`],
    ...[`sha256:${HASH.slice(1)}`, `sha256-${HASH}`, `sha256:${HASH}\n`, ` sha256:${HASH}`, `sha512:${HASH}`],
    `md5:${HASH}`,
  ]
  for (const text of invalid) it(`refuses ${JSON.stringify(text)}`, () => assert.ok(!isDigest(text)))
})
