import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestPolicy } from '../../src/policies/digest.js'
import { PolicyError } from '../../src/policies/errors.js'
import { createFilter } from '../../src/policies/filter.js'

describe('digestPolicy', () => {
  const cases: readonly [tags: string, selected: string | undefined][] = [
    ['1.0.0 latest 2.0.0', 'latest'],
    ['latest', 'latest'],
    ['latest-alpine Latest 2.0.0', undefined],
    ['', undefined],
  ]
  for (const [tags, selected] of cases) {
    it(`selects ${selected} of ${tags}`, () => assert.equal(digestPolicy('latest').select(tags.split(' ')), selected))
  }

  it('says which tag it follows', () => {
    assert.deepEqual(
      digestPolicy('latest')
        .judge(['1.0.0', 'latest'])
        .map(({ tag, verdict, reason }) => [tag, verdict, reason]),
      [
        ['latest', 'selected', 'the tag to follow'],
        ['1.0.0', 'rejected', 'another tag than latest'],
      ],
    )
  })

  it('looks at no other tag, whatever is extracted of it', () => {
    const policy = digestPolicy('latest', createFilter({ include: '^(latest)', extract: '$1', exclude: ['-x$'] }))
    assert.equal(policy.select(['latest-2', 'latest']), 'latest')
    assert.equal(policy.select(['latest-2']), undefined)
  })

  it('can be moved to from any tag in Git', () => {
    assert.equal(digestPolicy('latest').compare('latest', '9.9.9'), undefined)
    assert.equal(digestPolicy('latest').compare('latest', 'latest'), 0)
  })

  for (const text of ['', 'la test', ':latest', 'latest@sha256', '-a', 'a'.repeat(129)]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(
        () => digestPolicy(text),
        (error) => error instanceof PolicyError && error.code === 'INVALID_TAG' && error.message.length < 200,
      )
    })
  }
})
