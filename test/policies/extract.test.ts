// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are what is tested.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PolicyError } from '../../src/policies/errors.js'
import { parseExtract } from '../../src/policies/extract.js'
import { parsePattern } from '../../src/policies/pattern.js'

const PATTERN = parsePattern('(?P<major>\\d+)\\.(?P<minor>\\d+)(-x)?')

describe('parseExtract', () => {
  const cases: readonly [template: string, extracted: string][] = [
    ['$0', '12.34'],
    ['$1', '12'],
    ['${2}', '34'],
    ['$major.$minor', '12.34'],
    ['${major}x$minor', '12x34'],
    ['$2-$1', '34-12'],
    ['v$1$3', 'v12'],
    ['$$$1', '$12'],
    ['$$1', '$1'],
    ['1.0.0', '1.0.0'],
    ['{$1}', '{12}'],
  ]
  for (const [template, extracted] of cases) {
    it(`makes ${extracted} of ${template}`, () => {
      assert.equal(parseExtract(template, PATTERN)(PATTERN.groupsOf('v12.34') ?? []), extracted)
    })
  }

  const STRAY = '"$" begins neither "$NAME" nor "${NAME}", and "$$" stands for "$"'
  const refused: readonly [template: string, reason: string][] = [
    ['', 'it is empty'],
    ['$4', 'the pattern has no group "4"'],
    ['$mayor', 'the pattern has no group "mayor"'],
    ['${mayor}', 'the pattern has no group "mayor"'],
    ['$1x', 'the pattern has no group "1x", write "${1}" where a text follows'],
    ['$major_1', 'the pattern has no group "major_1", write "${major}" where a text follows'],
    ['$constructor', 'the pattern has no group "constructor"'],
    ['$', STRAY],
    ['$1$', STRAY],
    ['${1', STRAY],
    ['${}', STRAY],
    ['$-1', STRAY],
  ]
  for (const [template, reason] of refused) {
    it(`refuses ${template || 'an empty text'}`, () => {
      const isPolicyError = (error: unknown) => error instanceof PolicyError && error.code === 'INVALID_EXTRACT'
      assert.throws(() => parseExtract(template, PATTERN), isPolicyError)
      assert.throws(() => parseExtract(template, PATTERN), {
        message: `Cannot parse template "${template}": ${reason}`,
      })
    })
  }

  it('refuses a template that is too long', () => {
    assert.throws(() => parseExtract('$1'.repeat(129), PATTERN), /it has more than 256 characters/)
  })
})
