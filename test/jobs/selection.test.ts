import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Choice, selection } from '../../src/jobs/payloads.js'
import { candidatesOf, choiceFor, choicesOf, isMadeBy } from '../../src/jobs/selection.js'

describe('a selection', () => {
  const one = selection.parse({ version: 1, repository: 'ghcr.io/org/app', rule: 'y', tag: '1.0.0', firstSeenAt: 0 })
  const several = { ...one, tag: undefined, byCurrent: { a: one, b: { reason: 'none', firstSeenAt: 0 } } }
  const block = { gate: 'after', reason: 'x' } as const
  const best = { tag: '2', digest: 'sha256:2', block }

  it('counts for the policy that made it, as it is now', () => {
    const policy = { rule: 'y', repository: { registry: 'ghcr.io', path: 'org/app' } }
    const others = [
      { ...policy, rule: 'z' },
      { ...policy, repository: { registry: 'docker.io', path: 'org/app' } },
    ]
    assert.deepEqual(
      [policy, ...others].map((other) => isMadeBy(other, one)),
      [true, false, false],
    )
    assert.ok(!isMadeBy(policy, undefined))
  })

  it('has one choice for all, or one for each tag in Git', () => {
    const found = [choiceFor(one, 'a'), choiceFor(one, undefined), choiceFor(several, 'a'), choiceFor(several, 'b')]
    assert.deepEqual(found, [one, one, one, several.byCurrent.b])
    for (const none of ['c', undefined, 'constructor', '__proto__']) assert.equal(choiceFor(several, none), undefined)
    assert.equal(choiceFor(undefined, 'a'), undefined)
    assert.deepEqual([choicesOf(one).length, choicesOf(several).length], [1, 2])
  })

  it('has its candidates from the best', () => {
    const cases: readonly (readonly [Choice, readonly string[]])[] = [
      [{ firstSeenAt: 0 }, []],
      [{ tag: '1', firstSeenAt: 0, others: [best] }, ['2', '1']],
      [{ ...best, firstSeenAt: 0, others: [{ tag: '1', block }] }, ['2', '1']],
    ]
    for (const [choice, tags] of cases)
      assert.deepEqual(
        candidatesOf(choice).map(({ tag }) => tag),
        tags,
      )
  })
})
