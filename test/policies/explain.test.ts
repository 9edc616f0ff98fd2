import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy, type Select } from '../../src/policies/create.js'
import type { Candidate } from '../../src/policies/decide.js'
import { explainTags } from '../../src/policies/explain.js'
import type { Given } from '../../src/policies/policy.js'

const TAGS = ['1.4.0', '1.5.0', 'v1.4.0', '1.6.0', '1.3.0', 'latest', '2.0.0']
const RANGE: Select = { semver: '1.x' }

const held = (tag: string, reason: string): Candidate => ({ tag, block: { gate: 'hold', reason } })

const OTHERS = [
  '2.0.0 rejected: 2.0.0 is outside "1.x"',
  'latest rejected: not a version: three numbers with dots are needed',
]

function explained(
  candidates: readonly Candidate[],
  select = RANGE,
  tags = TAGS,
  given: Given = {},
): readonly string[] {
  const verdicts = explainTags(createPolicy(select), tags, given, candidates)
  assert.deepEqual(new Set(verdicts.map(({ tag }) => tag)), new Set(tags))
  assert.equal(verdicts.length, new Set(tags).size)
  return verdicts.map(({ tag, verdict, reason }) => `${tag} ${verdict}: ${reason}`)
}

describe('explainTags', () => {
  const cases: readonly [title: string, candidates: readonly Candidate[], expected: readonly string[]][] = [
    [
      'is what the policy judges where the best tag passes',
      [{ tag: '1.6.0' }],
      [
        '1.6.0 selected: highest version in "1.x"',
        '1.5.0 eligible: lower than 1.6.0',
        'v1.4.0 eligible: lower than 1.6.0',
        '1.4.0 eligible: lower than 1.6.0',
        '1.3.0 eligible: lower than 1.6.0',
        ...OTHERS,
      ],
    ],
    [
      'says what the selected tag waits for',
      [held('1.6.0', 'held: leaks')],
      [
        '1.6.0 selected: highest version in "1.x"; waits: held: leaks',
        '1.5.0 eligible: lower than 1.6.0',
        'v1.4.0 eligible: lower than 1.6.0',
        '1.4.0 eligible: lower than 1.6.0',
        '1.3.0 eligible: lower than 1.6.0',
        ...OTHERS,
      ],
    ],
    [
      'says why better tags were passed over',
      [held('1.6.0', 'held: leaks'), held('1.5.0', 'lacks linux/arm64'), { tag: 'v1.4.0' }],
      [
        'v1.4.0 selected: highest version in "1.x" that passes',
        '1.6.0 rejected: held: leaks',
        '1.5.0 rejected: lacks linux/arm64',
        '1.4.0 eligible: same version as v1.4.0, whose text sorts higher',
        '1.3.0 eligible: lower than v1.4.0',
        ...OTHERS,
      ],
    ],
    [
      'rejects those that were looked at in vain',
      [held('1.6.0', 'held: leaks'), held('1.5.0', 'held: hangs')],
      [
        '1.6.0 selected: highest version in "1.x"; waits: held: leaks',
        '1.5.0 rejected: held: hangs',
        'v1.4.0 eligible: lower than 1.6.0',
        '1.4.0 eligible: lower than 1.6.0',
        '1.3.0 eligible: lower than 1.6.0',
        ...OTHERS,
      ],
    ],
  ]
  for (const [title, candidates, expected] of cases) it(title, () => assert.deepEqual(explained(candidates), expected))

  it('knows what the policy is given', () => {
    assert.deepEqual(
      explained([held('1.6.0', 'held: leaks'), { tag: '1.5.0' }], { like: 'current' }, ['1.5.0', '1.6.0', '2'], {
        current: '1.4.0',
      }),
      [
        '1.5.0 selected: highest version like 1.4.0 that passes',
        '1.6.0 rejected: held: leaks',
        '2 rejected: has 1 number, and 1.4.0 has 3',
      ],
    )
  })

  it('is empty where there are no tags', () => assert.deepEqual(explained([], RANGE, []), []))
  it('rejects all where none qualifies', () => assert.deepEqual(explained([], RANGE, ['2.0.0', 'latest']), OTHERS))
})
