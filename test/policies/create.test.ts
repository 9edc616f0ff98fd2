import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPolicy, type Select } from '../../src/policies/create.js'
import { decide, selectedOf } from '../../src/policies/decide.js'
import { PolicyError } from '../../src/policies/errors.js'
import { explainTags } from '../../src/policies/explain.js'
import type { TagFilter } from '../../src/policies/filter.js'
import type { Facts, SignatureVerdict } from '../../src/policies/gate.js'
import { createGates, type Demands } from '../../src/policies/gates.js'
import type { Given, Policy } from '../../src/policies/policy.js'

const SELECTS: readonly Select[] = [
  { semver: '>=1.0.0-0' },
  { numerical: 'ascending' },
  { numerical: 'descending' },
  { alphabetical: 'ascending' },
  { alphabetical: 'descending' },
  { newest: 'created' },
  { digest: 'main-a' },
  { same: 'major' },
  { same: 'minor' },
  { same: 'patch' },
  { like: 'current' },
]

const FILTERS: readonly (TagFilter | undefined)[] = [
  undefined,
  { include: '^v?(.+?)(-(rc|b)[0-9]+)?$', extract: '$1', exclude: ['^main-a', '2$'] },
]

const tag = fc.oneof(
  fc.stringMatching(/^v?[0-2]\.[0-2]\.0?[0-2](-(rc|b)[0-9]{1,2})?$/),
  fc.stringMatching(/^0?[0-9]{1,2}(\.[0-9]0?)?$/),
  fc.stringMatching(/^(main-)?[a-c]{1,3}[0-9]{0,2}$/),
  fc.string(),
)
const tags = fc.array(tag, { maxLength: 20 })

const TEXTS: readonly Select[] = [{ semver: 'x y' }, { semver: '' }, { digest: '' }, { digest: 'a b' }]

/** Of each tag its own, whichever others there are. */
type GivenFor = (tags: readonly string[]) => Given

const given = fc.record({ current: fc.option(tag, { nil: undefined }), salt: fc.nat(6) }).map(
  ({ current, salt }): GivenFor =>
    (list) => ({ current, createdAt: new Map(list.flatMap((each) => creationOf(each, salt))) }),
)

/** One of seven times of creation; it may not have been asked, and the image may not say. */
function creationOf(text: string, salt: number): readonly [string, number | null][] {
  const hash = [...text].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), salt) % 7
  if (hash === 0) return []
  return [[text, hash === 1 ? null : hash * 1_000]]
}

const NOW = 1_000
const instant = fc.nat(2_000)
const platforms = fc.subarray([
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
  { os: 'linux', architecture: 'arm', variant: 'v7' },
])
const optionally = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const demands: fc.Arbitrary<Demands> = fc.record(
  {
    holds: fc.array(fc.record({ tag, reason: fc.string(), until: instant })),
    minimumAgeMs: fc.nat(1_000),
    after: fc.record({ policy: fc.constant('other'), soakMs: fc.nat(1_000) }),
    platforms,
    signed: fc.boolean(),
  },
  { requiredKeys: [] },
)

/** All that may be asked is known. */
const facts: fc.Arbitrary<readonly Facts[]> = fc.array(
  fc.record({
    seenSince: instant,
    platforms,
    signature: fc.constantFrom<SignatureVerdict>({ verified: true, by: 'key' }, { verified: false, reason: 'none' }),
    stays: fc.array(fc.array(fc.record({ since: instant, until: optionally(instant) }), { maxLength: 2 }), {
      maxLength: 2,
    }),
  }),
  { minLength: 1, maxLength: 5 },
)

describe('createPolicy', () => {
  for (const select of TEXTS) {
    it(`refuses ${JSON.stringify(select)}`, () => assert.throws(() => createPolicy(select), PolicyError))
  }

  for (const select of SELECTS) {
    for (const filter of FILTERS) {
      const name = `of ${JSON.stringify(select)}${filter === undefined ? '' : ` by ${JSON.stringify(filter)}`}`
      describe(name, () => keepsItsPromises(createPolicy(select, filter)))
    }
  }
})

function keepsItsPromises(policy: Policy): void {
  it('gives one answer for every order and repetition of the tags', () => {
    fc.assert(
      fc.property(tags, fc.nat(19), given, (list, cut, givenFor) => {
        const others = [...list.slice(cut), ...list.slice(0, cut), ...list].reverse()
        assert.equal(policy.select(others, givenFor(others)), policy.select(list, givenFor(list)))
        assert.deepEqual(policy.judge(others, givenFor(others)), policy.judge(list, givenFor(list)))
      }),
    )
  })

  it('selects what it judges best, and what its filter lets in', () => {
    fc.assert(
      fc.property(tags, given, (list, givenFor) => {
        const verdicts = policy.judge(list, givenFor(list))
        const selected = policy.select(list, givenFor(list))
        const best = verdicts.filter(({ verdict }) => verdict === 'selected').map((verdict) => verdict.tag)
        assert.deepEqual(best, selected === undefined ? [] : [selected])
        assert.deepEqual(new Set(verdicts.map((verdict) => verdict.tag)), new Set(list))
        assert.equal(verdicts.length, new Set(list).size)
        if (selected === undefined) assert.ok(verdicts.every(({ verdict }) => verdict === 'rejected'))
        for (const { tag: judged, verdict } of verdicts) {
          if (verdict === 'rejected') continue
          assert.ok(policy.considers(judged))
          assert.ok((policy.compare(selected ?? '', judged, givenFor(list)) ?? -1) >= 0)
        }
      }),
    )
  })

  it('is not moved by a lower tag', () => {
    fc.assert(
      fc.property(tags, tag, given, (list, added, givenFor) => {
        const more = [...list, added]
        const selected = policy.select(list, givenFor(list))
        if (selected !== undefined && (policy.compare(added, selected, givenFor(more)) ?? -1) < 0) {
          assert.equal(policy.select(more, givenFor(more)), selected)
        }
      }),
    )
  })

  it('judges a tag the same by itself but for the others', () => {
    fc.assert(
      fc.property(tags, given, (list, givenFor) => {
        for (const { tag: judged, verdict, reason } of policy.judge(list, givenFor(list))) {
          const [alone] = policy.judge([judged], givenFor([judged]))
          if (verdict === 'rejected') assert.deepEqual(alone, { tag: judged, verdict, reason })
          else assert.equal(alone?.verdict, 'selected')
        }
      }),
    )
  })

  it('selects nothing without what it needs', () => {
    fc.assert(
      fc.property(tags, given, (list, givenFor) => {
        const expected = policy.needs === undefined ? policy.select(list, givenFor(list)) : undefined
        assert.equal(policy.select(list), expected)
        assert.equal(policy.judge(list).find(({ verdict }) => verdict === 'selected')?.tag, expected)
      }),
    )
  })

  it('selects what passes its gates, or waits where nothing does', () => {
    fc.assert(
      fc.property(tags, given, demands, facts, (list, givenFor, demanded, known) => {
        const gates = createGates(demanded)
        const factsOf = (text: string) => known[text.length % known.length] ?? {}
        const passes = (text: string) => gates.every((gate) => gate(text, factsOf(text), NOW) === undefined)
        const ranked = policy
          .judge(list, givenFor(list))
          .flatMap(({ tag: judged, verdict }) => (verdict === 'rejected' ? [] : [judged]))
        const decision = decide(ranked, gates, factsOf, NOW)
        assert.ok('candidates' in decision)
        const selected = selectedOf(decision.candidates)
        assert.equal(selected?.tag, ranked.find(passes) ?? ranked[0])
        assert.equal(selected?.block === undefined, selected === undefined || passes(selected.tag))
        const verdicts = explainTags(policy, list, givenFor(list), decision.candidates)
        assert.deepEqual(new Set(verdicts.map((verdict) => verdict.tag)), new Set(list))
        assert.equal(verdicts.find(({ verdict }) => verdict === 'selected')?.tag, selected?.tag)
      }),
    )
  })
}
