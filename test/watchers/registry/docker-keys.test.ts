import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { entriesOf } from '../../../src/watchers/registry/docker-keys.js'

describe('keys that stand for a repository, the nearest first', () => {
  const CASES: readonly [host: string, path: string, keys: readonly string[], expected: readonly string[]][] = [
    ['x.io', 'team/app', ['https://x.io', 'x.io', 'http://X.io/v2/'], ['x.io', 'https://x.io', 'http://X.io/v2/']],
    // Parts of a registry, as in containers-auth.json(5).
    [
      'quay.io',
      'team/app',
      ['quay.io', 'quay.io/team', 'quay.io/team/app', 'quay.io/te', 'quay.io/team/app/sub'],
      ['quay.io/team/app', 'quay.io/team', 'quay.io'],
    ],
    ['quay.io', 'v1/app', ['quay.io/v1/app', 'quay.io/app'], ['quay.io/v1/app']],
    [
      'docker.io',
      'library/alpine',
      ['docker.io/library', 'https://index.docker.io/v1/'],
      ['docker.io/library', 'https://index.docker.io/v1/'],
    ],
    // Patterns, as the Kubernetes documentation on images has them.
    ['a.b.io', 'x', ['*.b.io', '*.*.io', 'a.b.io', '*.io', '*b.io'], ['a.b.io', '*.b.io', '*.*.io']],
    [
      'eu-1.b.io',
      'x',
      ['eu-*.b.io', '*-1.b.io', 'e*-*1.b.io', 'us-*.b.io', '*1*1.b.io'],
      ['eu-*.b.io', '*-1.b.io', 'e*-*1.b.io'],
    ],
    ['a.b.io:5000', 'x', ['*.b.io', '*.b.io:5001', '*.b.io:5000', 'a.b.io'], ['*.b.io:5000']],
    ['b.io', 'team/app', ['*.io', '*.io/team', 'b.io/team'], ['b.io/team', '*.io/team', '*.io']],
    ['x.io', 'a', ['ax.io', 'x.io.a.io', 'x.i', 'x-io', ''], []],
    ['[::1]:5000', 'a', ['[::1]:5000', '[::1]'], ['[::1]:5000']],
  ]
  for (const [host, path, keys, expected] of CASES) {
    it(`of ${host}/${path}: ${expected.join(' ') || 'none'}`, () => {
      const record = Object.fromEntries(keys.map((key) => [key, key]))
      assert.deepEqual(entriesOf(record, host, path), expected)
    })
  }
})
