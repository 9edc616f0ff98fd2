import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { samePolicy } from '../../src/policies/current.js'
import type { GateName } from '../../src/policies/gate.js'
import { createWindow } from '../../src/policies/window.js'
import { isWaiting } from '../../src/updaters/judgement.js'
import type { CompareTags } from '../../src/updaters/standing.js'
import type { WritingPolicy } from '../../src/updaters/target.js'
import { type Case, IMAGE, judged, NEW, NOON, OLD, outcomes, policy, selects } from './judging.js'

describe('verdict: digests', () => {
  const pair = (tag: string, rest = '') => `image:\n  repository: ${IMAGE}\n  tag: ${tag}\n${rest}`
  const custom = (tag: string) => `images:\n- name: ${IMAGE}\n  newTag: ${tag}\n`
  const kustomization = 'apps/kustomization.yaml'
  const [pinned, moved] = [`1.1.0@${NEW}`, `1.1.0@${OLD}`]

  /** What is written of the value, and what is added beside it; undefined where the place is as it should be. */
  type Written = readonly [string, string?] | undefined
  const cases: readonly (readonly [WritingPolicy['digest'], string, string, Written, string?])[] = [
    ['none', 'a reference', `image: ${IMAGE}:1.1.0\n`, undefined],
    ['none', 'a moved digest', `image: ${IMAGE}:${moved}\n`, undefined],
    ['pin', 'a reference', `image: ${IMAGE}:1.0.0\n`, [`${IMAGE}:${pinned}`]],
    ['pin', 'a reference that has the tag', `image: ${IMAGE}:1.1.0\n`, [`${IMAGE}:${pinned}`]],
    ['pin', 'a reference that is pinned', `image: ${IMAGE}:${pinned}\n`, undefined],
    ['pin', 'a moved digest', `image: ${IMAGE}:${moved}\n`, undefined],
    ['pin', 'a Helm tag', pair('1.0.0'), [pinned]],
    ['pin', 'a Helm tag beside an empty digest', pair('1.0.0', '  digest: ""\n'), ['1.1.0', NEW]],
    ['pin', 'a kustomization', custom('1.0.0'), ['1.1.0', NEW], kustomization],
    ['pin', 'a marked tag, whose use is not known', 'version: 1.0.0 # tidemark: app:tag\n', ['1.1.0']],
    ['refresh', 'a reference', `image: ${IMAGE}:1.1.0\n`, [`${IMAGE}:${pinned}`]],
    ['refresh', 'a moved digest', `image: ${IMAGE}:${moved}\n`, [`${IMAGE}:${pinned}`]],
    ['refresh', 'the same digest', `image: ${IMAGE}:${pinned}\n`, undefined],
    ['refresh', 'a moved Helm digest', pair('1.1.0', `  digest: ${OLD}\n`), [NEW]],
    ['refresh', 'a moved digest alone', `image: ${IMAGE}@${OLD}\n`, [`${IMAGE}@${NEW}`]],
  ]
  for (const [digest, what, text, expected, file = 'apps/values.yaml'] of cases) {
    it(`${digest}: ${what} ${expected === undefined ? 'stays' : 'is written'}`, () => {
      const { places } = judged(text, { file, policies: [policy('app', IMAGE, { digest })] })
      const edits = places.flatMap(({ edit }) => (edit === undefined ? [] : [edit]))
      assert.deepEqual(
        edits.map((edit) => [edit.value, ...(edit.digest === undefined ? [] : [edit.digest])]),
        expected === undefined ? [] : [expected],
      )
      if (expected === undefined) assert.ok(places.length > 0 && places.every(({ state }) => state === 'current'))
    })
  }

  it('a digest that is not known is waited for, unless the tag stands already', () => {
    const options = {
      policies: [policy('app', IMAGE, { digest: 'pin' })],
      selection: selects(IMAGE, { digest: undefined }),
    }
    const obstacles = ['1.0.0', '1.1.0'].map((tag) => outcomes(`image: ${IMAGE}:${tag}\n`, options)[0]?.obstacle)
    assert.deepEqual(obstacles, ['no-digest', undefined])
  })
})

describe('verdict: what waits', () => {
  const until = NOON + 3_600_000
  const blocked = (gate: GateName, more: object = {}) => ({
    selection: selects(IMAGE, { block: { gate, reason: 'not yet', ...more } }),
  })
  const old = `image: ${IMAGE}:1.0.0\n`
  const window = createWindow({ allow: 'Mon-Fri 09:00-11:00', timezone: 'UTC' })
  const closed = { policies: [policy('app', IMAGE, { window })] }
  const monday = Date.parse('2026-11-23T09:00:00Z')

  const cases: readonly (readonly [string, string, Case, string, string | undefined, number | undefined])[] = [
    ['a young tag', old, blocked('minimum-age', { until }), 'pending', 'minimum-age', until],
    ['a tag that lacks a platform', old, blocked('platforms'), 'pending', 'platforms', undefined],
    ['a tag that is held in the policy file', old, blocked('hold', { until }), 'held', 'hold', until],
    [
      'a tag that waits and stands already',
      `image: ${IMAGE}:1.1.0\n`,
      blocked('after'),
      'current',
      undefined,
      undefined,
    ],
    [
      'a tag that waits and would be a downgrade',
      `image: ${IMAGE}:2.0.0\n`,
      blocked('after'),
      'held',
      'downgrade',
      undefined,
    ],
    [
      'a tag that waits at a line on hold',
      `image: ${IMAGE}:1.0.0 # tidemark: hold x\n`,
      blocked('after'),
      'held',
      'hold',
      undefined,
    ],
    ['a closed window', old, closed, 'pending', 'window', monday],
    ['a closed window where nothing is due', `image: ${IMAGE}:1.1.0\n`, closed, 'current', undefined, undefined],
    ['an open window', old, { ...closed, now: monday }, 'pending', 'update', undefined],
    [
      'the end of a window',
      old,
      { ...closed, now: monday + 2 * 3_600_000 },
      'pending',
      'window',
      monday + 24 * 3_600_000,
    ],
  ]
  for (const [what, text, options, state, obstacle, passes] of cases) {
    it(`${what} is ${state}`, () => {
      const [place] = judged(text, options).places
      assert.ok(place)
      assert.deepEqual([place.state, place.obstacle, place.until], [state, obstacle, passes])
      assert.equal(place.edit !== undefined, obstacle === 'update')
      assert.equal(isWaiting(place), state !== 'current' && obstacle !== 'update')
    })
  }

  it('a moved digest of a tag that stands waits for its gates too', () => {
    const { selection } = blocked('minimum-age')
    const policies = [policy('app', IMAGE, { digest: 'refresh' })]
    const [place] = judged(`image: ${IMAGE}:1.1.0@${OLD}\n`, { policies, selection }).places
    assert.deepEqual([place?.state, place?.obstacle, place?.desired], ['pending', 'minimum-age', `1.1.0@${NEW}`])
  })

  const ranks: readonly (readonly [string, CompareTags, string])[] = [
    ['older', () => -1, 'downgrade'],
    ['as old', () => 0, 'update'],
    ['newer', () => 1, 'update'],
    ['of an age that is not known', () => undefined, 'update'],
  ]
  for (const [what, compare, obstacle] of ranks) {
    it(`a tag that is ${what} is ${obstacle === 'update' ? 'written' : 'not'}`, () =>
      assert.equal(outcomes(old, { compare })[0]?.obstacle, obstacle))
  }
})

describe('verdict: what goes by the tag in Git', () => {
  const policies = [policy('app', IMAGE, { policy: samePolicy('major') })]
  const byCurrent = Object.fromEntries([
    ['1.0.0', { tag: '1.4.0', firstSeenAt: 0 }],
    ['2.0.0', { tag: '2.3.0', firstSeenAt: 0 }],
    ['latest', { reason: 'none of the 2 tags qualifies to follow latest', firstSeenAt: 0 }],
    ['__proto__', { tag: 'constructor', firstSeenAt: 0 }],
  ])
  const selection = selects(IMAGE, { tag: undefined, digest: undefined, byCurrent })

  const cases: readonly (readonly [string, string | undefined, string])[] = [
    [':1.0.0', '1.4.0', 'update'],
    [':2.0.0', '2.3.0', 'update'],
    [':latest', undefined, 'no-tag'],
    [':3.0.0', undefined, 'not-polled'],
    [':constructor', undefined, 'not-polled'],
    [':__proto__', 'constructor', 'update'],
    [':3.0.0 # tidemark: ignore', undefined, 'ignored'],
    ['', undefined, 'untagged'],
  ]
  for (const [tag, desired, obstacle] of cases) {
    it(`"${tag}" is ${obstacle}`, () => {
      const [place] = outcomes(`image: ${IMAGE}${tag}\n`, { policies, selection })
      assert.deepEqual([place?.desired, place?.obstacle], [desired, obstacle])
    })
  }
})
