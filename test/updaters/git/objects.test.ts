import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  locateEntries,
  objectId,
  parseCommitTree,
  parseTree,
  renderCommit,
  withSignature,
} from '../../../src/updaters/git/objects.js'
import { gitError } from './scene.js'

const oid = 'a'.repeat(40)

function tree(...entries: [string, string | Buffer][]): Buffer {
  const parts = entries.map(([mode, name]) => [`${mode} `, name, '\0', Buffer.from(oid, 'hex')])
  return Buffer.concat(parts.flat().map((part) => Buffer.from(part as Buffer)))
}

test('objects have the ids that Git gives them', () => {
  // git hash-object -t tree /dev/null; printf hello | git hash-object --stdin
  assert.equal(objectId({ type: 'tree', bytes: Buffer.alloc(0) }), '4b825dc642cb6eb9a060e54bf8d69288fbee4904')
  assert.equal(objectId({ type: 'blob', bytes: Buffer.from('hello') }), 'b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0')
})

test('modes tell the type of an entry', () => {
  const cases = [
    ['100644', 'file'],
    ['100664', 'file'],
    ['100755', 'executable'],
    ['120000', 'symlink'],
    ['160000', 'submodule'],
    ['40000', 'tree'],
    ['040000', 'tree'],
  ] as const
  for (const [mode, type] of cases) assert.deepEqual(parseTree(tree([mode, 'a b'])), [{ name: 'a b', type, oid }], mode)
})

test('a malformed tree is refused', () => {
  const whole = tree(['100644', 'a'])
  for (let end = 1; end < whole.length; end++)
    assert.throws(() => parseTree(whole.subarray(0, end)), gitError('STATE', false, /malformed/))
})

test('a name that is not UTF-8 cannot be meant by a path', () => {
  const bytes = tree(['100644', Buffer.from([0xe9])], ['100644', Buffer.from([0xff])], ['100644', 'é'])
  assert.deepEqual([...locateEntries(bytes).keys()], ['é'])
})

test('a commit is written as Git writes it', () => {
  const author = { name: 'Tidemark', email: 'tidemark@example.com' }
  const commit = renderCommit(oid, 'b'.repeat(40), { message: 'Subject\n\nBödy\n\n', author, time: 1_800_000_000 })
  const person = 'Tidemark <tidemark@example.com> 1800000000 +0000'
  assert.equal(
    commit.bytes.toString(),
    `tree ${oid}\nparent ${'b'.repeat(40)}\nauthor ${person}\ncommitter ${person}\n\nSubject\n\nBödy\n`,
  )
  assert.equal(parseCommitTree(commit.bytes), oid)
  assert.throws(() => parseCommitTree(Buffer.from('parent ')), gitError('STATE', false))
})

test('an author cannot add lines to a commit', () => {
  const author = { name: 'A <x>\nparent y', email: 'a@b>\n\0' }
  const lines = renderCommit(oid, oid, { message: 'A\0B', author, time: 0 }).bytes.toString().split('\n')
  assert.deepEqual(lines.slice(2), [
    'author A xparent y <a@b> 0 +0000',
    'committer A xparent y <a@b> 0 +0000',
    '',
    'AB',
    '',
  ])
})

test('a commit names who committed it where that is not the author', () => {
  const committer = { name: 'Bot', email: 'bot@example.com' }
  const author = { name: 'Tidemark', email: 'tidemark@example.com' }
  const lines = renderCommit(oid, oid, { message: 'A', author, committer, time: 0 }).bytes.toString().split('\n')
  assert.deepEqual(lines.slice(2, 4), [
    'author Tidemark <tidemark@example.com> 0 +0000',
    'committer Bot <bot@example.com> 0 +0000',
  ])
})

test('a signature is the last of what stands before the message', () => {
  const author = { name: 'Tidemark', email: 'tidemark@example.com' }
  const commit = renderCommit(oid, oid, { message: 'A\n\nB', author, time: 0 })
  const signed = withSignature(commit, '-----BEGIN-----\n\nabc\n-----END-----\n').bytes.toString()
  const [head = ''] = commit.bytes.toString().split('\n\n')
  assert.equal(signed, `${head}\ngpgsig -----BEGIN-----\n \n abc\n -----END-----\n\nA\n\nB\n`)
})
