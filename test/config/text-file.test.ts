import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readTextFile } from '../../src/config/text-file.js'
import { withFiles } from './files.js'

const FILES: readonly [string, string | Uint8Array, object][] = [
  ['text', 'añ\n', { text: 'añ\n' }],
  ['no text', '', { text: '' }],
  ['exactly the bound', 'x'.repeat(1024), { text: 'x'.repeat(1024) }],
  ['one byte more', 'x'.repeat(1025), { complaint: 'it is larger than 1 KiB' }],
  ['a byte order mark', '\ufeffa: 1', { complaint: 'it starts with a byte order mark' }],
  ['Latin-1', new Uint8Array([0x61, 0xf1]), { complaint: 'it is not UTF-8 text' }],
  ['UTF-16', Buffer.from('\ufeffa', 'utf16le'), { complaint: 'it is not UTF-8 text' }],
]

for (const [what, content, expected] of FILES) {
  test(`reads ${what}`, () =>
    withFiles({ x: content }, async (folder) => {
      assert.deepEqual(await readTextFile(join(folder, 'x'), 1024), expected)
    }))
}

test('what is not a file is refused, and never waited for', () =>
  withFiles({ x: 'text' }, async (folder) => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    assert.deepEqual(await readTextFile(join(folder, 'pipe'), 1024), { complaint: 'it is not a file' })
    assert.deepEqual(await readTextFile(folder, 1024), { complaint: 'it is not a file' })
    assert.deepEqual(await readTextFile(join(folder, 'y'), 1024), { complaint: 'it does not exist' })
    assert.deepEqual(await readTextFile(join(folder, 'x/y'), 1024), { complaint: 'it does not exist' })
  }))

test('a link is followed, as secrets are mounted as links', () =>
  withFiles({ x: 'text' }, async (folder) => {
    await symlink('x', join(folder, 'link'))
    assert.deepEqual(await readTextFile(join(folder, 'link'), 1024), { text: 'text' })
  }))
