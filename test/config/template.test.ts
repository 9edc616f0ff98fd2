// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Part, parseTemplate } from '../../src/config/template.js'

const literal = (text: string): Part => ({ type: 'literal', text })
const variable = (name: string): Part => ({ type: 'variable', name })
const malformed: Part = { type: 'malformed' }

const TEMPLATES: readonly [string, readonly Part[]][] = [
  ['', []],
  ['plain $HOME {x} $', [literal('plain $HOME {x} $')]],
  ['${NAME}', [variable('NAME')]],
  ['a${_x1}b${Y}', [literal('a'), variable('_x1'), literal('b'), variable('Y')]],
  ['${file:/run/secrets/x}', [{ type: 'file', path: '/run/secrets/x' }]],
  ['${file:a b}', [{ type: 'file', path: 'a b' }]],
  ['$${NAME}', [literal('${'), literal('NAME}')]],
  ['$$', [literal('$$')]],
  ['${', [malformed]],
  ['${NAME', [malformed]],
  ['${}', [malformed]],
  ['${1A}', [malformed]],
  ['${ NAME }', [malformed]],
  ['${NAME:-default}', [malformed]],
  ['${file:}', [malformed]],
  ['${A}${B', [variable('A'), malformed]],
]

for (const [text, expected] of TEMPLATES) {
  test(`template ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseTemplate(text), expected)
  })
}
