import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPolicy, type Select } from '../../src/policies/create.js'
import { PolicyError } from '../../src/policies/errors.js'
import type { TagFilter } from '../../src/policies/filter.js'
import type { Policy } from '../../src/policies/policy.js'

const SELECTS: readonly Select[] = [
  { semver: '>=1.0.0-0' },
  { numerical: 'ascending' },
  { numerical: 'descending' },
  { alphabetical: 'ascending' },
  { alphabetical: 'descending' },
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

const TEXTS: readonly Select[] = [{ semver: 'x y' }, { semver: '' }]

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
      fc.property(tags, fc.nat(19), (list, cut) => {
        const others = [...list.slice(cut), ...list.slice(0, cut), ...list].reverse()
        assert.equal(policy.select(others), policy.select(list))
        assert.deepEqual(policy.judge(others), policy.judge(list))
      }),
    )
  })

  it('selects what it judges best', () => {
    fc.assert(
      fc.property(tags, (list) => {
        const verdicts = policy.judge(list)
        const selected = policy.select(list)
        const best = verdicts.filter(({ verdict }) => verdict === 'selected').map((verdict) => verdict.tag)
        assert.deepEqual(best, selected === undefined ? [] : [selected])
        assert.deepEqual(new Set(verdicts.map((verdict) => verdict.tag)), new Set(list))
        assert.equal(verdicts.length, new Set(list).size)
        if (selected === undefined) assert.ok(verdicts.every(({ verdict }) => verdict === 'rejected'))
        const eligible = verdicts.filter(({ verdict }) => verdict === 'eligible')
        for (const other of eligible) assert.ok((policy.compare(selected ?? '', other.tag) ?? -1) >= 0)
      }),
    )
  })

  it('is not moved by a lower tag', () => {
    fc.assert(
      fc.property(tags, tag, (list, added) => {
        const selected = policy.select(list)
        if (selected !== undefined && (policy.compare(added, selected) ?? -1) < 0) {
          assert.equal(policy.select([...list, added]), selected)
        }
      }),
    )
  })

  it('judges a tag the same by itself but for the others', () => {
    fc.assert(
      fc.property(tags, (list) => {
        for (const { tag: judged, verdict, reason } of policy.judge(list)) {
          const [alone] = policy.judge([judged])
          if (verdict === 'rejected') assert.deepEqual(alone, { tag: judged, verdict, reason })
          else assert.equal(alone?.verdict, 'selected')
        }
      }),
    )
  })
}
