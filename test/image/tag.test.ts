import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isReferrerTag, isTag } from '../../src/image/tag.js'

const HASH = 'a1'.repeat(32)

describe('isTag', () => {
  const valid = ['1.4.2', 'latest', '_x', 'V1', '2021-01-08T21-18-21Z', 'a..b', '1.0-_.', 'a'.repeat(128)]
  for (const text of valid) it(`accepts ${text.slice(0, 40)}`, () => assert.ok(isTag(text)))

  const invalid = ['', '-x', '.x', 'a b', 'a/b', 'a:b', '1.0+b', '1\n', '\n1', ' 1', 'é', '１', 'a'.repeat(129)]
  for (const text of invalid) it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => assert.ok(!isTag(text)))
})

describe('isReferrerTag', () => {
  const referrers = [
    `sha256-${HASH}`,
    `sha256-${HASH}.sig`,
    `sha256-${HASH}.att`,
    `sha256-${HASH}.sbom`,
    `sha512-${HASH}`,
  ]
  for (const tag of referrers) it(`knows ${tag}`, () => assert.ok(isReferrerTag(tag)))

  const others = ['latest', 'sha-4711', 'sha256-abc.sig', `sha256-${HASH}0`, `sha256-${HASH}-arm64`, `x-sha256-${HASH}`]
  for (const tag of others) it(`leaves ${tag} alone`, () => assert.ok(!isReferrerTag(tag)))
})
