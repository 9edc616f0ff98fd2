import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { isOurHost, isSameOrigin } from '../../src/web/access-origin.js'

const FORMS: readonly [IncomingHttpHeaders, boolean][] = [
  // No browser.
  [{ host: 'a.example' }, true],
  [{ host: 'a.example', 'sec-fetch-site': 'same-origin' }, true],
  // Behind a proxy that changes the host.
  [{ host: '127.0.0.1:8080', origin: 'https://a.example', 'sec-fetch-site': 'same-origin' }, true],
  [{ host: 'a.example', origin: 'https://a.example', 'sec-fetch-site': 'same-site' }, false],
  [{ host: 'a.example', origin: 'https://a.example', 'sec-fetch-site': 'cross-site' }, false],
  [{ host: 'a.example', 'sec-fetch-site': 'none' }, false],
  [{ host: 'a.example:8080', origin: 'http://a.example:8080' }, true],
  // Where a proxy takes TLS off.
  [{ host: 'a.example', origin: 'https://a.example' }, true],
  [{ host: 'a.example', origin: 'https://a.example:8443' }, false],
  [{ host: 'a.example', origin: 'https://b.example' }, false],
  [{ host: 'a.example', origin: 'https://a.example.b.example' }, false],
  [{ host: 'a.example', origin: 'null' }, false],
  [{ origin: 'https://a.example' }, false],
]

for (const [headers, expected] of FORMS) {
  test(`a form with ${JSON.stringify(headers)} is ${expected ? '' : 'not '}ours`, () =>
    assert.equal(isSameOrigin(headers), expected))
}

const HOSTS: readonly [host: string | undefined, expected: boolean][] = [
  ['127.0.0.1:8080', true],
  ['127.0.0.1', true],
  ['[::1]:8080', true],
  ['192.0.2.7', true],
  ['localhost:8080', true],
  ['LOCALHOST', true],
  ['tidemark.localhost:8080', true],
  ['tidemark.example.com', true],
  ['Tidemark.Example.com:443', true],
  ['evil.example.com:8080', false],
  ['127.0.0.1.evil.example.com', false],
  ['localhost.evil.example.com', false],
  ['evillocalhost', false],
  ['tidemark.example.com.evil.example.com', false],
  ['127.0.0.1@evil.example.com', false],
  ['', false],
  [undefined, false],
]

for (const [host, expected] of HOSTS) {
  test(`"${host}" is ${expected ? '' : 'not '}a name of a server on loopback`, () =>
    assert.equal(isOurHost(host, ['tidemark.example.com']), expected))
}
