import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainHttpByDefault, tryParseHost } from '../../src/config/host.js'

const HOSTS: readonly [string, string | undefined][] = [
  ['ghcr.io', 'ghcr.io'],
  ['GHCR.io', 'ghcr.io'],
  ['registry.example.com:5000', 'registry.example.com:5000'],
  ['registry:5000', 'registry:5000'],
  ['localhost', 'localhost'],
  ['127.0.0.1:5000', '127.0.0.1:5000'],
  ['[::1]:5000', '[::1]:5000'],
  ['docker.io', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['registry', undefined], // `registry/app` is an image of Docker Hub
  ['', undefined],
  ['ghcr.io/org', undefined],
  ['https://ghcr.io', undefined],
  ['user@ghcr.io', undefined],
  ['ghcr.io:0', undefined],
  ['ghcr.io:65536', undefined],
  ['ghcr.io:port', undefined],
  ['ghcr..io', undefined],
  ['-ghcr.io', undefined],
]

for (const [text, expected] of HOSTS) {
  test(`host ${JSON.stringify(text)} is ${expected ?? 'refused'}`, () => {
    assert.equal(tryParseHost(text), expected)
  })
}

const PLAIN: readonly [string, boolean][] = [
  ['localhost', true],
  ['localhost:5000', true],
  ['registry.localhost:5000', true],
  ['127.0.0.1', true],
  ['127.8.9.10:5000', true],
  ['[::1]', true],
  ['[::1]:5000', true],
  ['128.0.0.1', false],
  ['127.0.0.1.example.com', false],
  ['mylocalhost', false],
  ['localhost.example.com', false],
  ['[::2]', false],
  ['ghcr.io', false],
]

for (const [host, expected] of PLAIN) {
  test(`${host} is ${expected ? '' : 'not '}asked by plain HTTP`, () => {
    assert.equal(plainHttpByDefault(host), expected)
  })
}
