import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgedPlaces, latestPushes, pushReport } from '../../src/status/judged-places.js'
import type { JudgedPlace } from '../../src/updaters/judgement.js'
import { judged as updates } from '../updaters/judging.js'

const [due] = updates('image: ghcr.io/org/app:1.0.0\n').places

function place(more: Partial<JudgedPlace> = {}): JudgedPlace {
  return {
    policy: 'app',
    image: 'ghcr.io/org/app',
    file: 'a.yaml',
    line: 1,
    current: '1.0.0',
    desired: '1.1.0',
    state: 'current',
    reason: 'has 1.0.0',
    ...more,
  }
}

const clean = (text: string) => text.replaceAll('s3cret', '***')
const judged = (...places: readonly JudgedPlace[]) => judgedPlaces({ places, unplaced: [] }, clean)

describe('what is shown of places', () => {
  it('is what stands there once all that was due is pushed', () => {
    const { places, policies } = judged(
      place({
        state: 'pending',
        obstacle: 'update',
        reason: '1.1.0 is selected',
        ...(due?.edit && { edit: due.edit }),
      }),
      place({ line: 2, state: 'pending', obstacle: 'window', reason: 'waits', until: 7 }),
    )
    assert.deepEqual(places, [
      {
        policy: 'app',
        file: 'a.yaml',
        line: 1,
        current: '1.1.0',
        desired: '1.1.0',
        state: 'current',
        reason: 'has 1.1.0',
      },
      {
        policy: 'app',
        file: 'a.yaml',
        line: 2,
        current: '1.0.0',
        desired: '1.1.0',
        state: 'pending',
        reason: 'waits',
        obstacle: 'window',
        until: 7,
      },
    ])
    assert.deepEqual(policies, [
      { policy: 'app', places: 2, state: 'pending', reason: 'waits', current: ['1.1.0', '1.0.0'] },
    ])
  })

  it('has no secret and no line break in it', () => {
    const { places } = judged(place({ file: 'a\nb.yaml', current: '1\u202e', reason: 'with s3cret\n' }))
    const [{ file, current, reason } = place()] = places
    assert.deepEqual([file, current, reason], ['a\\u{a}b.yaml', '1\\u{202e}', 'with ***\\u{a}'])
  })

  const worst: readonly (readonly [string, readonly Partial<JudgedPlace>[], string, string])[] = [
    [
      'the worst of all',
      [{ state: 'pending' }, { state: 'failing', reason: 'bad' }, { state: 'held' }],
      'failing',
      'bad',
    ],
    ['what is held', [{ state: 'current' }, { state: 'held', reason: 'on hold', obstacle: 'hold' }], 'held', 'on hold'],
    [
      'what was not listed yet, which waits',
      [{ state: 'held', obstacle: 'not-polled', reason: 'soon' }],
      'pending',
      'soon',
    ],
    [
      'what is followed, where others are left out',
      [{ state: 'held', obstacle: 'ignored', reason: 'no' }, { reason: 'has 1.0.0' }],
      'current',
      'has 1.0.0',
    ],
    ['what is left out, where that is all', [{ state: 'held', obstacle: 'untagged', reason: 'no' }], 'current', 'no'],
  ]
  for (const [what, places, state, reason] of worst) {
    it(`is of a policy ${what}`, () => {
      const { policies } = judged(...places.map((more) => place({ desired: undefined, ...more })))
      assert.deepEqual([policies[0]?.state, policies[0]?.reason], [state, reason])
    })
  }

  it('tells of policies that have none', () => {
    const { policies } = judgedPlaces({ places: [place()], unplaced: ['web'] }, clean)
    assert.deepEqual(policies[1], {
      policy: 'web',
      places: 0,
      state: 'held',
      reason: 'finds no place to write to',
      current: [],
    })
  })

  it('is bounded: those come first of which somebody may wonder', () => {
    const many = Array.from({ length: 6_000 }, (_, line) =>
      place({ line, current: `1.0.${line}`, state: line === 5_999 ? 'failing' : 'current' }),
    )
    const { places, policies } = judged(...many)
    assert.equal(places.length, 5_000)
    assert.equal(places[0]?.line, 5_999)
    assert.deepEqual([policies[0]?.places, policies[0]?.current.length], [6_000, 5])
  })
})

describe('what is shown of pushes', () => {
  const change = { policy: 'app', image: 'ghcr.io/org/app', file: 'a.yaml', line: 1, from: '1.0.0', to: '1.1.0' }
  const push = (changes: number) =>
    pushReport(
      { oid: 'a', branch: 'main', subject: 'Update\tapp', changes: Array(changes).fill(change), firstSeenAt: [] },
      7,
    )

  it('is what they changed', () => {
    const { image: _, ...shown } = change
    assert.deepEqual(push(1), { branch: 'main', oid: 'a', at: 7, subject: 'Update\\u{9}app', changes: [shown] })
  })

  it('is bounded, in number and in changes, the newest first', () => {
    assert.equal(latestPushes(Array(60).fill(push(1))).length, 50)
    const sizes = latestPushes([push(3_000), push(9_000), push(1)]).map(({ changes }) => changes.length)
    assert.deepEqual(sizes, [3_000, 2_000, 0])
  })
})
