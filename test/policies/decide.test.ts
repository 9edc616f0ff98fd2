import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Candidate, type Decision, decide, selectedOf } from '../../src/policies/decide.js'
import type { Facts, Gate } from '../../src/policies/gate.js'

/** A gate that must be told `asks`, and blocks tags with a letter. */
function gate(letter: string, asks: 'seenSince' | 'platforms'): Gate {
  return (tag, facts) => {
    if (facts[asks] === undefined) return { asks }
    return tag.includes(letter) ? { gate: 'hold', reason: `has ${letter}` } : undefined
  }
}

const GATES = [gate('a', 'seenSince'), gate('b', 'platforms')]
const KNOWN: Facts = { seenSince: 0, platforms: [] }

const blocked = (tag: string, letter: string): Candidate => ({ tag, block: { gate: 'hold', reason: `has ${letter}` } })

describe('decide', () => {
  const cases: readonly [title: string, tags: string, facts: Record<string, Facts>, expected: Decision][] = [
    ['none', '', {}, { candidates: [] }],
    ['the best', 'x y', { x: KNOWN }, { candidates: [{ tag: 'x' }] }],
    [
      'the best that passes',
      '1a 1b x y',
      { '1a': KNOWN, '1b': KNOWN, x: KNOWN },
      { candidates: [blocked('1a', 'a'), blocked('1b', 'b'), { tag: 'x' }] },
    ],
    [
      'all where none passes',
      '1a 1b',
      { '1a': KNOWN, '1b': KNOWN },
      { candidates: [blocked('1a', 'a'), blocked('1b', 'b')] },
    ],
    ['with what must be known first', 'x y', {}, { tag: 'x', question: { asks: 'seenSince' } }],
    ['with what must be known then', 'x y', { x: { seenSince: 0 } }, { tag: 'x', question: { asks: 'platforms' } }],
    [
      'without asking more of what does not pass',
      '1a x',
      { '1a': { seenSince: 0 }, x: KNOWN },
      { candidates: [blocked('1a', 'a'), { tag: 'x' }] },
    ],
    [
      'with what must be known of the next',
      '1a x',
      { '1a': { seenSince: 0 } },
      { tag: 'x', question: { asks: 'seenSince' } },
    ],
    [
      'with the digests that are known',
      'x',
      { x: { ...KNOWN, digest: 'sha256:0' } },
      { candidates: [{ tag: 'x', digest: 'sha256:0' }] },
    ],
  ]
  for (const [title, tags, facts, expected] of cases) {
    it(`answers ${title}`, () => {
      const ranked = tags.split(' ').filter(Boolean)
      assert.deepEqual(
        decide(ranked, GATES, (tag) => facts[tag] ?? {}, 0),
        expected,
      )
    })
  }

  it('lets everything pass where there are no gates', () => {
    assert.deepEqual(
      decide(['1a', '1b'], [], () => ({}), 0),
      { candidates: [{ tag: '1a' }] },
    )
  })

  it('comes to an end, asking for each fact of a tag once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[abxy]{1,3}$/)), (ranked) => {
        const known = new Map<string, Facts>()
        for (let asked = 0; asked <= ranked.length * GATES.length; asked++) {
          const decision = decide(ranked, GATES, (tag) => known.get(tag) ?? {}, 0)
          if ('candidates' in decision) {
            const passes = (tag: string) => !tag.includes('a') && !tag.includes('b')
            assert.equal(decision.candidates.at(-1)?.tag, ranked.find(passes) ?? ranked.at(-1))
            return
          }
          const { tag, question } = decision
          assert.equal(known.get(tag)?.[question.asks], undefined)
          known.set(tag, { ...known.get(tag), [question.asks]: KNOWN[question.asks] })
        }
        assert.fail('it asks again and again')
      }),
    )
  })
})

describe('selectedOf', () => {
  const cases: readonly [candidates: readonly Candidate[], selected: string | undefined][] = [
    [[], undefined],
    [[{ tag: 'x' }], 'x'],
    [[blocked('1a', 'a'), { tag: 'x' }], 'x'],
    [[blocked('1a', 'a')], '1a'],
    [[blocked('1a', 'a'), blocked('1b', 'b')], '1a'],
  ]
  for (const [candidates, selected] of cases) {
    it(`is ${selected} of ${candidates.map(({ tag }) => tag)}`, () =>
      assert.equal(selectedOf(candidates)?.tag, selected))
  }
})
