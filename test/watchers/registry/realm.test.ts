import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeRealm } from '../../../src/watchers/registry/realm.js'

describe('trusts with credentials', () => {
  const CASES: readonly [registry: string, realm: string, trusted: boolean][] = [
    ['https://registry-1.docker.io', 'https://auth.docker.io/token', true],
    ['https://registry.gitlab.com', 'https://gitlab.com/jwt/auth', true],
    ['https://ghcr.io', 'https://ghcr.io/token', true],
    ['https://ghcr.io', '/token', true],
    ['https://registry.example.com:5000', 'https://auth.example.com/token', true],
    ['https://registry.example.co.uk', 'https://auth.example.co.uk/token', true],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5001/token', true],
    ['http://registry:5000', 'https://registry/token', true],
    ['https://registry.example.com', 'https://example.com.evil.net/token', false],
    ['https://registry.example.com', 'https://evilexample.com/token', false],
    ['https://registry.co.uk', 'https://evil.co.uk/token', false],
    ['https://com.example', 'https://example/token', false],
    ['http://registry:5000', 'http://auth:5001/token', false],
    ['https://10.0.0.1', 'https://11.0.0.1/token', false],
    ['https://[fd00::1]', 'https://[fd00::2]/token', false],
  ]
  for (const [registry, realm, trusted] of CASES) {
    it(`${registry} names ${realm}: ${trusted}`, () => {
      assert.equal(judgeRealm('Cannot test', realm, new URL(registry)).trusted, trusted)
    })
  }
})

describe('refuses', () => {
  const CASES: readonly [realm: string, message: string][] = [
    ['http://registry.example.com/token?account=ci', 'token realm "http://registry.example.com/token" is not HTTPS'],
    ['file:///etc/passwd', 'token realm "file:///etc/passwd" is not HTTPS'],
    [
      'https://me:secret@registry.example.com/t',
      'token realm "https://registry.example.com/t" has a user name or fragment',
    ],
    ['https://registry.example.com/t#part', 'token realm "https://registry.example.com/t" has a user name or fragment'],
  ]
  for (const [realm, message] of CASES) {
    it(realm, () => {
      assert.throws(() => judgeRealm('Cannot test', realm, new URL('https://registry.example.com')), {
        code: 'REFUSED_TARGET',
        message: `Cannot test: ${message}`,
      })
    })
  }

  it('what is no address', () => {
    assert.throws(() => judgeRealm('Cannot test', 'https://', new URL('https://registry.example.com')), {
      code: 'INVALID_ANSWER',
    })
  })
})
