import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tryParsePlatform } from '../../src/image/platform.js'
import type { Block, Facts, GateName, Question } from '../../src/policies/gate.js'
import { createGates, type Demands } from '../../src/policies/gates.js'

const HOUR_MS = 3_600_000
const NOON = Date.parse('2026-11-20T12:00:00Z')
const YEAR_10_000 = Date.parse('+010000-01-01T00:00:00Z')

const hours = (count: number) => NOON + count * HOUR_MS
const platforms = (texts: string) => texts.split(' ').flatMap((text) => tryParsePlatform(text) ?? [])

/** What the gates say of the tag 2.0.0 at noon: what blocks it, a question, or nothing where it passes. */
function answer(demands: Demands, facts: Facts, now = NOON): Block | Question | undefined {
  return createGates(demands)
    .map((gate) => gate('2.0.0', facts, now))
    .find((each) => each !== undefined)
}

function says(
  name: GateName,
  cases: readonly [title: string, demands: Demands, facts: Facts, expected: string | undefined, until?: number][],
): void {
  describe(name, () => {
    for (const [title, demands, facts, expected, until] of cases) {
      it(`${expected === undefined ? 'lets pass' : 'stops'} ${title}`, () => {
        const block = expected === undefined ? undefined : { gate: name, reason: expected }
        assert.deepEqual(answer(demands, facts), until === undefined ? block : { ...block, until })
      })
    }
  })
}

const hold = (reason: string, until?: number, tag = '2.0.0') => ({ tag, reason, ...(until !== undefined && { until }) })

says('hold', [
  ['another tag', { holds: [hold('leaks', undefined, '2.0.1')] }, {}, undefined],
  ['a tag', { holds: [hold('leaks, #7')] }, {}, 'held: leaks, #7'],
  ['a tag for a time', { holds: [hold('leaks', hours(1))] }, {}, 'held until 2026-11-20T13:00:00Z: leaks', hours(1)],
  ['a tag whose hold is over', { holds: [hold('leaks', hours(0))] }, {}, undefined],
  [
    'a tag for the longer time',
    { holds: [hold('a', hours(1)), hold('b', hours(2))] },
    {},
    'held until 2026-11-20T14:00:00Z: b',
    hours(2),
  ],
  [
    'a tag forever where one hold has no end',
    { holds: [hold('a', hours(1)), hold('b'), hold('c', hours(2))] },
    {},
    'held: b',
  ],
  [
    'a tag while one of two holds lasts',
    { holds: [hold('a', hours(-1)), hold('b', hours(1))] },
    {},
    'held until 2026-11-20T13:00:00Z: b',
    hours(1),
  ],
])

says('minimum-age', [
  [
    'what is too young',
    { minimumAgeMs: 24 * HOUR_MS },
    { seenSince: hours(-3) },
    'too young: first seen 2026-11-20T09:00:00Z, 1d old at 2026-11-21T09:00:00Z',
    hours(21),
  ],
  ['what is as old as it must be', { minimumAgeMs: HOUR_MS }, { seenSince: hours(-1) }, undefined],
  [
    'what is just too young',
    { minimumAgeMs: HOUR_MS },
    { seenSince: hours(-1) + 1 },
    'too young: first seen 2026-11-20T11:00:00Z, 1h old at 2026-11-20T12:00:00Z',
    NOON + 1,
  ],
  [
    'what was too young when it was last asked for',
    { minimumAgeMs: HOUR_MS },
    { seenSinceAtMost: NOON },
    'too young: first seen 2026-11-20T12:00:00Z, 1h old at 2026-11-20T13:00:00Z',
    hours(1),
  ],
  ['what is seen first where no age is needed', { minimumAgeMs: 0 }, { seenSince: NOON }, undefined],
  [
    'what was seen in the future, by a clock that was set back',
    { minimumAgeMs: HOUR_MS },
    { seenSince: hours(1) },
    'too young: first seen 2026-11-20T13:00:00Z, 1h old at 2026-11-20T14:00:00Z',
    hours(2),
  ],
])

const AFTER = { after: { policy: 'staging', soakMs: 24 * HOUR_MS } }

says('after', [
  ['what no branch is known to have', AFTER, {}, 'the policy "staging" has not had it in Git'],
  ['what it has had on none of its branches', AFTER, { stays: [] }, 'the policy "staging" has not had it in Git'],
  ['what it has not had', AFTER, { stays: [[]] }, 'the policy "staging" has not had it in Git'],
  [
    'what one of its branches has not had',
    AFTER,
    { stays: [[{ since: hours(-48) }], []] },
    'the policy "staging" has not had it in Git',
  ],
  [
    'what it has for less than the soak',
    AFTER,
    { stays: [[{ since: hours(-23) }]] },
    'the policy "staging" will have had it in Git for 1d at 2026-11-20T13:00:00Z',
    hours(1),
  ],
  ['what it has for as long as the soak', AFTER, { stays: [[{ since: hours(-24) }]] }, undefined],
  [
    'what it had for long enough, though it has moved on',
    AFTER,
    { stays: [[{ since: hours(-48), until: hours(-24) }]] },
    undefined,
  ],
  [
    'what it took back too early',
    AFTER,
    { stays: [[{ since: hours(-47), until: hours(-24) }]] },
    'the policy "staging" had it in Git for less than 1d',
  ],
  [
    'what it took back, and has again for less than the soak',
    AFTER,
    { stays: [[{ since: hours(-47), until: hours(-24) }, { since: hours(-2) }]] },
    'the policy "staging" will have had it in Git for 1d at 2026-11-21T10:00:00Z',
    hours(22),
  ],
  [
    'what the branch that was last has for less than the soak',
    AFTER,
    { stays: [[{ since: hours(-48) }], [{ since: hours(-1) }]] },
    'the policy "staging" will have had it in Git for 1d at 2026-11-21T11:00:00Z',
    hours(23),
  ],
  [
    'what one branch took back too early, and never has had for long enough',
    AFTER,
    { stays: [[{ since: hours(-1) }], [{ since: hours(-3), until: hours(-2) }]] },
    'the policy "staging" had it in Git for less than 1d',
  ],
  [
    'what it has without a soak',
    { after: { policy: 'staging', soakMs: 0 } },
    { stays: [[{ since: NOON }]] },
    undefined,
  ],
])

const both = { platforms: platforms('linux/amd64 linux/arm64') }

says('platforms', [
  ['what is built for all', both, { platforms: platforms('linux/arm64 windows/amd64 linux/amd64') }, undefined],
  [
    'what lacks one',
    both,
    { platforms: platforms('linux/amd64 linux/386') },
    'lacks linux/arm64, has linux/amd64, linux/386',
  ],
  [
    'what lacks all',
    both,
    { platforms: platforms('windows/amd64') },
    'lacks linux/amd64, linux/arm64, has windows/amd64',
  ],
  ['what does not say', both, { platforms: [] }, 'does not say what it runs on, linux/amd64, linux/arm64 is needed'],
  [
    'what was built for an earlier version',
    { platforms: platforms('linux/arm/v7') },
    { platforms: platforms('linux/arm/v6') },
    undefined,
  ],
  [
    'what was built for a later version',
    { platforms: platforms('linux/arm/v6') },
    { platforms: platforms('linux/arm/v7') },
    'lacks linux/arm/v6, has linux/arm/v7',
  ],
  ['anything where none is needed', { platforms: [] }, { platforms: [] }, undefined],
])

says('signature', [
  ['what is verified', { signed: true }, { signature: { verified: true, by: 'cosign.pub' } }, undefined],
  ['what is not', { signed: true }, { signature: { verified: false, reason: 'none found' } }, 'none found'],
])

describe('createGates', () => {
  const questions: readonly [demands: Demands, asks: Question['asks']][] = [
    [{ minimumAgeMs: 1 }, 'seenSince'],
    [both, 'platforms'],
    [{ signed: true }, 'signature'],
  ]
  for (const [demands, asks] of questions) {
    it(`asks for ${asks} where it is not known`, () => assert.deepEqual(answer(demands, {}), { asks }))
  }

  it('makes none where nothing is demanded', () => {
    assert.deepEqual(createGates({}), [])
    assert.deepEqual(createGates({ holds: [], signed: false }), [])
  })

  it('asks again for the age of what was young, once it may be old enough', () => {
    const demands = { minimumAgeMs: HOUR_MS }
    assert.deepEqual(answer(demands, { seenSinceAtMost: hours(-1) }), { asks: 'seenSince' })
  })

  it('asks first what costs no request', () => {
    const order = createGates({ ...both, ...AFTER, signed: true, minimumAgeMs: 1, holds: [hold('a')] }).map((gate) => {
      const said = gate('2.0.0', {}, NOON)
      return said === undefined ? 'passes' : 'asks' in said ? said.asks : said.gate
    })
    assert.deepEqual(order, ['hold', 'after', 'seenSince', 'platforms', 'signature'])
  })

  it('has words for a time that no calendar has', () => {
    const block = answer({ minimumAgeMs: Number.MAX_SAFE_INTEGER }, { seenSince: YEAR_10_000 })
    assert.ok(block !== undefined && 'reason' in block && block.reason.includes('+275760'))
  })
})
