import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../src/config/document.js'
import { formatFault } from '../../src/config/errors.js'
import { locate, type Path, toData } from '../../src/config/node.js'

const ONE_DOCUMENT = 'a second document starts here, and a policy file is one document'

const FAULTS: readonly [string, string, readonly string[]][] = [
  ['nothing', '', ['1:1: the file is empty']],
  ['comments only', '# nothing\n', ['1:1: the file is empty']],
  ['an empty document', '---\n', ['1:1: the file is empty']],
  ['a list', '- policies\n', ['1:1: expected a map with "policies"']],
  ['a text', '\npolicies\n', ['2:1: expected a map with "policies"']],
  ['two documents', 'a: 1\n---\nb: 2\n', [`2:1: ${ONE_DOCUMENT}`]],
  ['a tab', 'a:\n\tb: 1\n', ['2:1: not valid YAML: tabs are not allowed as indentation']],
  ['a missing quote', 'a: "x\nb: 2\n', ['3:1: not valid YAML: missing closing "quote']],
  ['text after a quote', 'password: "hunter2"hunter3\n', ['1:20: not valid YAML: this cannot stand here']],
  ['an unknown escape', 'a: "\\q"\n', ['1:5: not valid YAML: unknown escape sequence in double quotes']],
  [
    'a map in a map',
    'a: b: c\nd: e\nf: g: h\n',
    [
      '1:4: not valid YAML: nested mappings are not allowed in compact mappings',
      '3:4: not valid YAML: nested mappings are not allowed in compact mappings',
    ],
  ],
  ['a tag', 'a: !secret x\n', ['1:4: not valid YAML: tags such as "!!binary" are not supported']],
  ['a list as key', '? [a]\n: 1\n', ['1:3: not valid YAML: with stringKeys, all keys must be strings']],
  ['a key given twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', ['4:3: b.c: given twice, first in line 3']],
  ['a prototype', 'a:\n  __proto__: { b: 1 }\n', ['2:3: a.__proto__: this key is not allowed']],
  ['an alias without anchor', 'a: *b\n', ['1:4: a: an alias without an anchor before it']],
  ['an alias in its anchor', 'a: &b [*b]\n', ['1:8: a[0]: an alias of what it stands in']],
  ['lists in lists', `a: ${'['.repeat(65)}${']'.repeat(65)}`, ['1:1: more than 64 levels deep']],
  ['a file of brackets', '['.repeat(100_000), ['1:1: more than 64 levels deep']],
  ['a file of dashes', '- '.repeat(100_000), ['1:1: more than 64 levels deep']],
]

for (const [what, text, expected] of FAULTS) {
  test(`refuses ${what}`, () => {
    const faults = readDocument({ file: 'f', text }).faults.map(formatFault)
    assert.deepEqual(
      faults.map((fault) => fault.replace('f:', '')),
      expected,
    )
  })
}

test('tells of the first ten lines that are no YAML', () => {
  assert.equal(readDocument({ file: 'f', text: '- @\n'.repeat(1_000) }).faults.length, 10)
})

test('aliases that stand for billions of values are refused, and soon', () => {
  const levels = Array.from({ length: 30 }, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`)
  const { faults } = readDocument({ file: 'f', text: ['a0: &a0 x', ...levels].join('\n') })
  assert.deepEqual(faults.map(formatFault), ['f:1:1: more than 250000 values once its aliases are filled in'])
})

const TEXT = `# comment
list: &list
  - one
  - { "two": 2 }
alias: *list
empty:
block: |
  text
constructor: true
0x10: ~
`

const PLACES: readonly [Path, [number, number], [number, number] | undefined, unknown][] = [
  [[], [2, 1], undefined, undefined],
  [['list'], [3, 3], [2, 1], undefined],
  [['list', 0], [3, 5], [3, 5], 'one'],
  [['list', 1, 'two'], [4, 14], [4, 7], 2],
  [['alias', 0], [3, 5], [3, 5], 'one'],
  [['empty'], [6, 1], [6, 1], null],
  [['block'], [7, 8], [7, 1], 'text\n'],
  [['constructor'], [9, 14], [9, 1], true],
  [['0x10'], [10, 7], [10, 1], null],
]

for (const [path, at, key, value] of PLACES) {
  test(`knows where ${JSON.stringify(path)} stands`, () => {
    const { root, faults } = readDocument({ file: 'f', text: TEXT })
    assert.deepEqual(faults, [])
    assert.ok(root)
    const located = locate(root, path)
    assert.equal(located.found, true)
    assert.deepEqual([located.node.at.line, located.node.at.column], at)
    assert.deepEqual(located.key && [located.key.line, located.key.column], key)
    if (located.node.kind === 'scalar') assert.equal(located.node.value, value)
  })
}

test('of a path that leads nowhere, the last node is told', () => {
  const { root } = readDocument({ file: 'f', text: TEXT })
  assert.ok(root)
  const { node, found } = locate(root, ['list', 1, 'three', 'four'])
  assert.deepEqual([node.at.line, node.at.column, found], [4, 5, false])
})

test('plain data has no key that is not in the file', () => {
  const { root } = readDocument({ file: 'f', text: 'a: [1, { b: x }]\n' })
  assert.ok(root)
  const data = toData(root) as Record<string, unknown>
  assert.equal(JSON.stringify(data), '{"a":[1,{"b":"x"}]}')
  assert.equal(data.toString, undefined)
})
