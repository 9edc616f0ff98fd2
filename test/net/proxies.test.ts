import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { environmentProxy } from '../../src/net/proxies.js'

const PROXIES = { http: 'http://plain.example.com', https: 'http://secure.example.com:3128' }

describe('the proxy of the environment', () => {
  it('is that of the scheme', () => {
    const proxyOf = (url: string) => environmentProxy(new URL(url), { ...PROXIES, except: '' })?.host
    assert.equal(proxyOf('http://ghcr.io/'), 'plain.example.com')
    assert.equal(proxyOf('https://ghcr.io/'), 'secure.example.com:3128')
    assert.equal(environmentProxy(new URL('https://ghcr.io/'), { http: PROXIES.http, except: '' }), undefined)
  })

  const CASES: readonly [url: string, except: string, proxied: boolean][] = [
    ['https://ghcr.io', '', true],
    ['https://ghcr.io', '*', false],
    ['https://ghcr.io', 'quay.io, GHCR.IO', false],
    ['https://ghcr.io', 'quay.io ghcr.io', false],
    ['https://a.ghcr.io', 'ghcr.io', false],
    ['https://notghcr.io', 'ghcr.io', true],
    ['https://ghcr.io', '.ghcr.io', true],
    ['https://a.ghcr.io', '.ghcr.io', false],
    ['https://a.ghcr.io', '*.ghcr.io', false],
    ['https://ghcr.io', 'ghcr.io:443', false],
    ['https://ghcr.io:5000', 'ghcr.io:443', true],
    ['https://ghcr.io:5000', 'ghcr.io:5000', false],
    ['http://ghcr.io', 'ghcr.io:80', false],
    ['https://10.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.1.2.3', false],
    ['https://10.1.2.3:5000', '10.1.2.3:5000', false],
    ['https://10.1.2.3', '10.1.2.4,10.2.0.0/16,10.0.0.0/99,10.0.0.0/x', true],
    ['https://[fd00::1]', 'fd00::/8', false],
    ['https://[fd00::1]', 'fd00::1', false],
    ['https://[fd00::1]:5000', '[fd00::1]:5000', false],
    ['https://[fd00::1]:5000', '[fd00::1]:5001', true],
    ['https://ghcr.io', ',,:443,[', true],
    ['https://localhost:5000', '', false],
    ['https://registry.localhost', '', false],
    ['https://localhost.example.com', '', true],
    ['https://notlocalhost', '', true],
    ['https://127.0.0.2', '', false],
    ['https://[::1]:5000', '', false],
  ]
  for (const [url, except, proxied] of CASES) {
    it(`is ${proxied ? 'taken' : 'left out'} for ${url} with "${except}"`, () => {
      assert.equal(environmentProxy(new URL(url), { ...PROXIES, except }) !== undefined, proxied)
    })
  }
})
