import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPlainYaml } from '../../../src/updaters/manifests/plain-yaml.js'
import { readYaml, type YamlDocument } from '../../../src/updaters/manifests/yaml.js'

/** Whether a text is plain; if so, it must be read as the parser reads it. */
function isPlain(text: string): boolean {
  const plain = readPlainYaml(text)
  if (plain !== undefined)
    assert.deepEqual(fromTheFirst(plain), fromTheFirst(readYaml(text) ?? []), JSON.stringify(text))
  return plain !== undefined
}

/** What stands before the first document belongs to it, wherever a reader lets it begin. */
function fromTheFirst([first, ...others]: readonly YamlDocument[]): readonly unknown[] {
  return [{ ...first, start: 0 }, ...others]
}

test('what people write is read as the parser reads it', () => {
  const plain = [
    'a: b',
    'a: b\n',
    'a: b\r\nc: "d" # e\r\n',
    '# top\n---\na: b\n# between\n---\nc: d\n',
    'a:\nb: # none\nc:   # none\n',
    'a:\n- b\n- c: d\n  e: f\n-\n  g: h\n- - i\n  - j\nk: l\n',
    'a: 1\nb: 1.10\nc: 0x1f\nd: ~\ne: null\nf: on\ng: true\nh: 2024-01-01\ni: .inf\nj: 1e3\nk: "1"\n12: x\ntrue: y\n',
    'a: http://x/y?z=1#f\nb: x:y #z\nc: --image=a/b:1\nd: -1\ne: it\'s "so"\nf: a [b], {c}\n',
    'a: "x # y: z"\nb: \'\'\nc: ""\n"d e": f\n\'g\': h\n',
    'a: []\nb: {}\nc: { d: e , "f": \'g\', h: [i, "j k", l:m, n o] } # p\n',
    'a: [r,s,]\nb: {c: d,}\nc: {e : f}\n',
    'a: |\n  b # tidemark: p\n\n   c\n\nd: |- # why\n  e\n  \n#\nf: g\nh:\n  - |\n   i\n',
    'a: größe\nb: \x85\xa0\nc: \x7f\n',
    'a: |\r\n  b\r\n\r\n  c\r\nd: e\r\n',
    'a.b/c-d_e$: f\n-g: h\n',
    'a: b\n  c:d # e\nf: g\n',
    'a: b  \n  - c\n   "d"\n\ne:\n- f\n  g\n- h\n',
    'a: "b\n  c"\nd: \'e: \r\n    f \' # g\n',
    "a: 'it''s'\nb: ''''\nc: ['it''s', '']\nd: 'it''s: \n  ''so'''\n",
    'a: >\n  b\n  c\nd: >-\n  e\n',
    `a: gr\xc3\xa0\n  \xc3\xa0\nb: 'gr\xc3\xa0\n  x'\n`,
  ]
  for (const text of plain) assert.ok(isPlain(text), JSON.stringify(text))
})

test('what only a parser can tell is left to it', () => {
  const others = [
    ...[
      'a: b # c\n  d',
      'a: b\n\n  c',
      'a: b\n  # c\n  d',
      'a: b\n  c: d',
      'a: b\n c:',
      'a: "b\nc"',
      'a: "b\n\n  c"',
      'a:\n  "b\n c"',
    ],
    ...[
      'a: >\n  b\n\n  c\n',
      'a: >\n  b\n   c\n',
      'a: "b\n  c": d',
      '"a\n b": c',
      'a: ["b\n  c"]',
      "a: 'b''",
      'a: "b\t\n  c"',
    ],
    ...[
      '',
      '# a\n',
      '---\n',
      'a',
      '- ',
      '"a"',
      '{a: b}\n',
      '--- a\n',
      '%YAML 1.2\n---\na: b\n',
      'a: b\n...\n',
      '\ta: b',
    ],
    ...['a: &b c', 'a: *b', 'a: !!str b', '? a\n: b', '<<: a', 'a : b', 'a b: c', 'a: b: c', 'a: b:\n', 'a:\tb'],
    ...[
      'a:\n  b',

      'a: "\\n"',

      'a: "b" c',
      'a: "b"#c',

      'a: |+\n  b\n',
    ],
    ...[
      'a: |2\n   b\n',
      'a: |\nb: c\n',
      'a: |\n  b',
      'a: [b',
      'a: [b,\n c]',
      'a: {b}',
      'a: {b: }',
      'a: [b: c]',
      'a: [b]: c',
    ],
    ...[
      'a: b\n c: d',
      ' a: b\nc: d',
      'a:\n  b: c\n d: e',
      '- a\nb: c',
      'a: - b',
      'a: @b',
      'a: `b',
      'a: %b',
      'a: ,b',
      'a: b\tc',
    ],
    ...['a: b\rc: d', 'a: \0', `${'k'.repeat(1100)}: v`, `a: ${'['.repeat(150)}${']'.repeat(150)}`],
  ]
  for (const text of others) assert.equal(readPlainYaml(text), undefined, JSON.stringify(text))
})

const fixtures = new URL('../../fixtures', import.meta.url).pathname
const fixtureTexts = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.ya?ml$/.test(file))
  .map((file) => readFileSync(join(fixtures, file), 'latin1'))

test('most fixtures are plain', () => {
  const plain = fixtureTexts.filter(isPlain)
  assert.ok(plain.length > fixtureTexts.length / 2, `${plain.length} of ${fixtureTexts.length}`)
})

const scrap = fc.constantFrom(
  ...[...'\n\r\t -:#"\'[]{},|>&*!?%@\\a1~\0\x85'],
  '\n  ',
  '  ',
  '---\n',
  ': ',
  ' #',
  '\r\n',
  '- ',
)
const change = fc.record({
  at: fc.nat(),
  removed: fc.constantFrom(0, 0, 1, 2, 10, 50),
  scrap: fc.oneof(scrap, fc.constant('')),
})

test('what was plain is read as the parser reads it after any change, or left to it', () => {
  const plain = fixtureTexts.filter((text) => readPlainYaml(text) !== undefined)
  fc.assert(
    fc.property(fc.constantFrom(...plain), fc.array(change, { minLength: 1, maxLength: 3 }), (fixture, changes) => {
      const changed = changes.reduce((text, { at, removed, scrap }) => {
        const start = at % text.length
        return `${text.slice(0, start)}${scrap}${text.slice(start + removed)}` || scrap
      }, fixture)
      isPlain(changed)
    }),
    { numRuns: 500 },
  )
})

/** Mostly plain, so that what is barely not is met too. */
const piece = fc.constantFrom(
  ...['\n', '\n', '\n', '\n  ', '\n  ', '\n    ', '\n- ', '\n  - ', '\n---\n', '\r\n', ' ', '\t', '# c', ' # c'],
  ...['a: ', 'b: ', '"c": ', "'d': ", 'a: |\n', 'b: |-\n', 'e:\n', 'f:\n  - ', '- ', ': ', ':', '?', '-', '---', '...'],
  ...['x', 'y z', '1.10', '~', 'null', '"q"', "'q'", '"', "'", '[x, y]', '{a: x}', '[', ']', '{', '}', ', ', ','],
  ...[
    'a/b:1',
    'http://x',
    '|',
    '>',
    '&a ',
    '*a',
    '!t ',
    '%',
    '@',
    '=',
    '<<',
    '\\',
    'ä',
    '\x85',
    '\0',
    '   ',
    '\n\n',
    '\n \n',
  ],
)

const indentation = fc.constantFrom('', '', '  ', '  ', '    ', '    ', '      ', ' ')
const line = fc
  .tuple(indentation, fc.array(piece, { maxLength: 4 }))
  .map(([before, pieces]) => `${before}${pieces.join('')}`)

test('any text is read as the parser reads it, or left to it', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.string({ maxLength: 3 }), (lines, end) => {
      isPlain(Buffer.from(`a: ${lines.join('\n')}${end}`).toString('latin1'))
    }),
    { numRuns: 10_000 },
  )
})

test('however long or broken a text is, it is read in one pass', () => {
  const size = 2 ** 20
  const texts = [
    `a: ${'x '.repeat(size)}`,
    `a: ${' '.repeat(size)}`,
    `a: ${'"'.repeat(size)}`,
    '- "a\n'.repeat(size / 8),
    '- '.repeat(size),
    `a: ${'['.repeat(size)}`,
    `a: |\n${'\n'.repeat(size)}`,
    `a: b${'\n  c'.repeat(size / 4)}`,
    `a: 'b${'\n  c'.repeat(size / 4)}'`,
    `a: '${"''".repeat(size)}`,
    `a: '${' '.repeat(size)}\n  b'`,
    '- "a"\n'.repeat(size / 8),
    `a: |\n${' \n'.repeat(size)}`,
    `a: >\n${'  b\n'.repeat(size / 4)}`,
    `a: |\n${'  b\n\n'.repeat(size / 4)}`,
    'a: |\n'.repeat(size / 8),
    '---\n'.repeat(size / 8),
    ' '.repeat(size),
    '#\n'.repeat(size),
    'a:\n'.repeat(size),
    'a: {}\n'.repeat(size),
  ]
  for (const text of texts) {
    const cpu = process.cpuUsage()
    readPlainYaml(text)
    const { user, system } = process.cpuUsage(cpu)
    assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms for ${JSON.stringify(text.slice(0, 20))}`)
  }
})
