import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { unifiedDiff } from '../../../src/updaters/manifests/diff.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'

const folder = await temporaryFolder('diff')
after(() => removeFolder(folder))

const LINES = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`)

/** Name, file, text before, and which lines (counted from 1) change. */
const CASES: readonly (readonly [string, string, string, readonly number[]])[] = [
  ['one line', 'a.yaml', 'image: a:1\n', [1]],
  ['one line without an end', 'a.yaml', 'image: a:1', [1]],
  ['the last line without an end', 'apps/a.yaml', 'a\nb\nc\nd\ne', [5]],
  ['a line near an end that lacks', 'a.yaml', 'a\nb\nc', [2]],
  ['first and last', 'a.yaml', `${LINES.join('\n')}\n`, [1, 40]],
  ['neighbours', 'a.yaml', `${LINES.join('\n')}\n`, [10, 11, 13]],
  ['contexts that touch', 'a.yaml', `${LINES.join('\n')}\n`, [10, 17]],
  ['contexts with a line between', 'a.yaml', `${LINES.join('\n')}\n`, [10, 18]],
  ['CRLF and a byte order mark', 'a.yaml', `\ufeff${LINES.join('\r\n')}\r\n`, [1, 20]],
  ['mixed line ends', 'a.yaml', 'a\r\nb\nc\r\n\r\n\nd', [2, 6]],
  ['other letters', 'größe/日本.yaml', 'ä\n🌊\nß\n', [2]],
  ['a name with blanks', 'my apps/a b.yaml', 'a\nb\n', [1]],
  ['a name to quote', 'a"b\\c\t.yaml', 'a\nb\n', [2]],
  ['a blank line beside', 'a.yaml', '\n\na\n\n\n', [3]],
  ['a line that looks like a diff', 'a.yaml', '--- a\n+++ b\n@@ -1 +1 @@\n', [2]],
]

for (const [name, file, before, changed] of CASES) {
  test(`git applies the diff of ${name}`, () => {
    const lines = before
      .split('\n')
      .map((line, index) => (changed.includes(index + 1) ? line.replace(/\r?$/, ' new$&') : line))
    const expected = Buffer.from(lines.join('\n'))
    assert.notEqual(expected.toString(), before)

    const diff = unifiedDiff(file, Buffer.from(before), expected)

    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), before)
    execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: folder, input: diff })
    assert.equal(readFileSync(join(folder, file), 'utf8'), expected.toString())
  })
}

test('shows hunks as git does', () => {
  const before = Buffer.from(`${LINES.join('\n')}\n`)
  const after = Buffer.from(
    before.toString().replace('line 5\nline 6\n', 'line V\nline VI\n').replace('line 40', 'last'),
  )
  assert.equal(
    unifiedDiff('a.yaml', before, after),
    `--- a/a.yaml
+++ b/a.yaml
@@ -2,8 +2,8 @@
 line 2
 line 3
 line 4
-line 5
-line 6
+line V
+line VI
 line 7
 line 8
 line 9
@@ -37,4 +37,4 @@
 line 37
 line 38
 line 39
-line 40
+last
`,
  )
})

test('shows nothing where nothing differs', () => {
  assert.equal(unifiedDiff('a.yaml', Buffer.from('a\n'), Buffer.from('a\n')), '')
})

/** Text before, and after. */
const ADDED: readonly (readonly [string, string, string])[] = [
  ['behind a changed line', 'a\nb\nc\nd\n', 'a\nB\nnew\nc\nd\n'],
  ['behind an unchanged line', 'a\nb\nc\n', 'a\nb\nnew\nc\n'],
  ['at the end', 'a\nb\n', 'a\nB\nnew\n'],
  ['behind a last line without an end', 'a\nb', 'a\nB\nnew'],
  ['behind a line that only gets an end', 'a\r\nb', 'a\r\nb\r\nnew'],
  ['behind each of many lines', `${LINES.join('\n')}\n`, LINES.map((line) => `${line}\nnew\n`).join('')],
  ['far from one another', `${LINES.join('\n')}\n`, `${LINES.join('\n').replace(/line (9|30)$/gm, '$& new\nnew')}\n`],
  ['between lines that change', 'a\nb\nc\nd\n', 'a\nB\nnew\nC\nD\n'],
]

for (const [name, before, expected] of ADDED) {
  test(`git applies the diff of lines added ${name}`, () => {
    const diff = unifiedDiff('added.yaml', Buffer.from(before), Buffer.from(expected))

    writeFileSync(join(folder, 'added.yaml'), before)
    execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: folder, input: diff })
    assert.equal(readFileSync(join(folder, 'added.yaml'), 'utf8'), expected)
  })
}

test('shows an added line as git does', () => {
  const diff = unifiedDiff('a.yaml', Buffer.from('a\nb\nc\n'), Buffer.from('a\nB\nnew\nc\n'))
  assert.equal(diff, '--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n+new\n c\n')
})

test('refuses what has fewer lines than before', () => {
  assert.throws(() => unifiedDiff('a.yaml', Buffer.from('a\nb\n'), Buffer.from('a\n')), /Cannot compare "a.yaml"/)
})
