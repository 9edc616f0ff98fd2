import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseCommit } from '../../../src/updaters/git/objects.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { git } from '../../parts/git-server.js'
import { gitError } from './scene.js'

const tree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const [one, two] = ['1'.repeat(40), '2'.repeat(40)]
const author = 'author A <a@example.com> 1700000000 +0200'
const committer = 'committer C <c@example.com> 1700000100 -0730'
const signature =
  'gpgsig -----BEGIN PGP SIGNATURE-----\n \n parent 3\n author X <x> 1 +0000\n -----END PGP SIGNATURE-----'
const tag = `mergetag object ${two}\n type commit\n tag v1\n tagger T <t> 1 +0000\n \n Merged\n \n encoding latin1`

/** Lines of the head, then the message; as latin1, so that each character is a byte. */
const commits: Readonly<Record<string, string>> = {
  'no parent': `tree ${tree}\n${author}\n${committer}\n\nBegin\n`,
  'one parent and a body': `tree ${tree}\nparent ${one}\n${author}\n${committer}\n\nSubject\n\nBody\n\nKey: value\n`,
  'several parents': `tree ${tree}\nparent ${one}\nparent ${two}\n${author}\n${committer}\n\nMerge\n`,
  'a signature': `tree ${tree}\nparent ${one}\n${author}\n${committer}\n${signature}\n\nSigned\n`,
  'a signed tag merged': `tree ${tree}\nparent ${one}\nparent ${two}\n${author}\n${committer}\n${tag}\n\nMerge v1\n`,
  'headers that nobody knows': `tree ${tree}\n${author}\n${committer}\nHG:extra one\nchange-id two\n\nText\n`,
  'UTF-8': `tree ${tree}\nauthor J\xc3\xb6rg <j@example.com> 1700000000 +0000\n${committer}\n\n\xe2\x9c\x93\n`,
  'Latin-1 that says so': `tree ${tree}\nauthor J\xf6rg <j@example.com> 1700000000 +0000\n${committer}\nencoding ISO-8859-1\n\nGr\xfc\xdfe\n`,
  'Shift-JIS that says so': `tree ${tree}\n${author}\n${committer}\nencoding Shift_JIS\n\n\x93\xfa\x96\x7b\n`,
  'no name': `tree ${tree}\nauthor <a@example.com> 1700000000 +0000\n${committer}\n\nText\n`,
  'no message': `tree ${tree}\n${author}\n${committer}\n\n`,
  'an address with a space': `tree ${tree}\nauthor A <a at example> 1700000000 +0000\n${committer}\n\nText\n`,
  'times at both ends': `tree ${tree}\nauthor A <a> 0 +0000\ncommitter C <c> 4300000000 +0000\n\nText\n`,
}

describe('a commit says what Git reads', () => {
  let folder: string
  before(async () => {
    folder = await temporaryFolder('git-commits')
    await git(folder, ['init', '-q', '--bare'])
    await git(folder, ['hash-object', '-t', 'tree', '-w', '--stdin'])
  })
  after(() => removeFolder(folder))

  for (const [name, text] of Object.entries(commits))
    test(`with ${name}`, async () => {
      const input = Buffer.from(text, 'latin1')
      const oid = String(await git(folder, ['hash-object', '-t', 'commit', '--literally', '-w', '--stdin'], { input }))
      // A commit of its own object id may have parents that are not there.
      const format = '--format=%T%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B'
      const printed = await git(folder, ['log', '-1', '--encoding=UTF-8', '--no-walk', format, oid.trim()])
      const said = parseCommit(input)
      const { author: writer, committer: keeper } = said
      const people = [writer.name, writer.email, keeper.name, keeper.email]
      const found = [said.tree, said.parents.join(' '), ...people, said.time, said.message]
      assert.equal(found.join('\0').trimEnd(), String(printed).trimEnd())
    })
})

test('a commit with bytes of no encoding reads with replacement characters', () => {
  const bytes = Buffer.from(
    `tree ${tree}\nauthor J\xf6 <\xff> 1 +0000\n${committer}\nencoding none\n\n\xfftext`,
    'latin1',
  )
  const { author: writer, message } = parseCommit(bytes)
  assert.deepEqual([writer.name, writer.email, message], ['J\ufffd', '\ufffd', '\ufffdtext'])
})

test('what cannot be read of a commit is empty', () => {
  const nobody = { name: '', email: '' }
  const empty = { tree, parents: [], author: nobody, committer: nobody, time: 0, message: '' }
  const cases: [string, object][] = [
    [`tree ${tree}\n`, empty],
    [
      `tree ${tree}\nauthor A\ncommitter C 5 +0000`,
      { ...empty, author: { name: 'A', email: '' }, committer: { name: 'C 5 +0000', email: '' } },
    ],
    [`tree ${tree}\nauthor >A< 5 +0000`, { ...empty, author: { name: '>A< 5 +0000', email: '' } }],
    [`tree ${tree}\nparent ${one.slice(1)}\n\nx`, { ...empty, message: 'x' }],
    [`tree ${tree}\n${author}\nparent ${one}\n\n`, { ...empty, author: { name: 'A', email: 'a@example.com' } }],
    [`tree ${tree}\ncommitter <> ${'9'.repeat(30)} +0000\n`, empty],
  ]
  for (const [text, expected] of cases) assert.deepEqual(parseCommit(Buffer.from(text)), expected, text)
})

test('a commit without a tree is refused', () => {
  for (const text of ['', `parent ${one}\n`, `tree ${tree}`])
    assert.throws(() => parseCommit(Buffer.from(text)), gitError('STATE', false, /no tree/))
})
