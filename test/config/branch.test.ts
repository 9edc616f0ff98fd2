import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { isBranchName } from '../../src/config/branch.js'

const NAMES = [
  ...[
    'main',
    'release/1.2',
    'a',
    'feature/a_b-c',
    'v1.0',
    'ünïcode',
    '#1',
    'a@b',
    '{a}',
    'refs/heads/main',
    'a.lock.b',
  ],
  ...[
    '',
    '@',
    'HEAD',
    '-main',
    '/main',
    'main/',
    'a//b',
    'a..b',
    '.main',
    'a/.b',
    'main.',
    'a.lock',
    'a.lock/b',
    'a@{b',
  ],
  ...['a b', 'a~b', 'a^b', 'a:b', 'a?b', 'a*b', 'a[b', 'a\\b', 'a\tb', 'a\nb', 'a\x7fb'],
]

for (const name of NAMES) {
  test(`branch ${JSON.stringify(name)} is judged as by Git`, () => {
    const { status } = spawnSync('git', ['check-ref-format', '--branch', name])
    assert.equal(isBranchName(name), status === 0)
  })
}
