import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Standing } from '../../src/jobs/payloads.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { isSameStanding, standingAfter } from '../../src/updaters/standing.js'

const { compare } = semverPolicy('*')

/** What is kept after each minute had these tags: `1.0.0 0-2` for a stay from minute 0 to 2, `1.0.0 3-` for one that lasts. */
function after(...minutes: readonly (readonly string[])[]): string {
  let standing: Standing | undefined
  for (const [minute, tags] of minutes.entries()) standing = standingAfter(standing, tags, minute, compare)
  return (standing?.stays ?? []).map(({ tag, since, until = '' }) => `${tag} ${since}-${until}`).join(', ')
}

describe('standing', () => {
  const cases: readonly (readonly [string, readonly (readonly string[])[], string])[] = [
    ['no place', [[]], ''],
    ['one tag', [['1.0.0']], '1.0.0 0-'],
    ['the same tag at several places, at several looks', [['1.0.0', '1.0.0'], ['1.0.0']], '1.0.0 0-'],
    ['two tags', [['1.0.0', '1.1.0']], ''],
    ['one that another supersedes', [['1.0.0'], ['1.1.0']], '1.1.0 1-, 1.0.0 0-1'],
    ['one that is superseded place by place', [['1.0.0'], ['1.0.0', '1.1.0'], ['1.1.0']], '1.1.0 2-, 1.0.0 0-1'],
    ['one that is taken back', [['1.0.0'], ['1.1.0'], ['1.0.0']], '1.0.0 2-, 1.0.0 0-1'],
    ['one that is taken back at one place', [['1.1.0'], ['1.0.0', '1.1.0']], ''],
    ['one that is taken back for one that is between', [['1.0.0'], ['1.2.0'], ['1.1.0']], '1.1.0 2-, 1.0.0 0-1'],
    ['all of which are taken back for one that is no version', [['1.0.0'], ['1.1.0'], ['latest']], 'latest 2-'],
    ['one whose place is gone for a while', [['1.0.0'], [], ['1.0.0']], '1.0.0 2-, 1.0.0 0-1'],
    ['one that stands as v1.0.0 then', [['1.0.0'], ['v1.0.0']], 'v1.0.0 1-'],
    ['names of the language', [['constructor'], ['__proto__']], '__proto__ 1-'],
  ]
  for (const [what, minutes, expected] of cases) it(what, () => assert.equal(after(...minutes), expected))

  it('takes times that lie ahead, from when a clock was wrong, for now', () => {
    const clock: readonly (readonly [tag: string, now: number])[] = [
      ['1.0.0', 90],
      ['1.1.0', 95],
      ['1.1.0', 10],
      ['1.1.0', 20],
    ]
    let standing: Standing | undefined
    for (const [tag, now] of clock) standing = standingAfter(standing, [tag], now, compare)
    assert.deepEqual(standing?.stays, [
      { tag: '1.1.0', since: 10 },
      { tag: '1.0.0', since: 10, until: 10 },
    ])
  })

  it('keeps the last fifty', () => {
    const minutes = Array.from({ length: 80 }, (_, minute) => [`1.${minute}.0`])
    const stays = after(...minutes).split(', ')
    assert.deepEqual([stays.length, stays[0], stays[49]], [50, '1.79.0 79-', '1.30.0 30-31'])
  })

  it('is the same whatever the order of the places', () => {
    const standing = standingAfter(undefined, ['b', 'a', 'b'], 0, compare)
    assert.deepEqual(standing, { version: 1, tags: ['a', 'b'], stays: [] })
    assert.ok(isSameStanding(standing, standingAfter(standing, ['a', 'b'], 9, compare)))
    assert.ok(!isSameStanding(undefined, standing))
  })
})
