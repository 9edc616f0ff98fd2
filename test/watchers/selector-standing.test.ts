import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Choice, standing } from '../../src/jobs/payloads.js'
import { samePolicy } from '../../src/policies/current.js'
import { manualClock } from '../parts/manual-clock.js'
import { APP, HOUR, told, watched, watching } from './watching.js'

const DAY = 24 * HOUR

describe('selector: what goes by the tag in Git', () => {
  const same = watched('app', {}, { policy: samePolicy('major') })
  const stand = (...tags: readonly string[]) => standing.parse({ version: 1, tags, stays: [] })
  const chosen = (byCurrent: Readonly<Record<string, Choice>> = {}) =>
    Object.entries(byCurrent).map(([current, { tag }]) => `${current} → ${tag}`)

  it('selects for each tag that stands there, and lists again only where that changes', async () => {
    const { look, selected, jobs, updates } = watching(['1.0.0', '1.1.0', '2.0.0', '2.1.0', '2.1.0-alpine'], [same])
    await look()
    assert.deepEqual((await selected())?.byCurrent, {})
    assert.equal(updates.length, 1)
    await look()
    assert.deepEqual(updates, [])
    await jobs.standings.set(`app ${APP} fleet main`, stand('1.0.0', '2.0.0', 'latest'))
    assert.deepEqual(await look(), ['tags', 'digest 1.1.0', 'digest 2.1.0'])
    assert.deepEqual(chosen((await selected())?.byCurrent), ['1.0.0 → 1.1.0', '2.0.0 → 2.1.0', 'latest → undefined'])
    assert.equal((await selected())?.byCurrent?.latest?.reason, 'none of the 5 tags qualifies to follow latest')
    assert.equal(updates.length, 1)
    assert.deepEqual(await look(), ['tags'])
    assert.deepEqual(updates, [])
    await jobs.standings.set(`app ${APP} fleet main`, stand('1.1.0', '2.0.0'))
    await look()
    assert.deepEqual(chosen((await selected())?.byCurrent), ['1.1.0 → 1.1.0', '2.0.0 → 2.1.0'])
  })

  it('goes by nothing that it had of another image, or in another branch', async () => {
    const { look, selected, jobs } = watching(['1.1.0'], [same])
    for (const key of ['app ghcr.io/org/other fleet main', `app ${APP} fleet other`]) {
      await jobs.standings.set(key, stand('1.0.0'))
    }
    await look()
    assert.deepEqual((await selected())?.byCurrent, {})
    await jobs.standings.set(`app ${APP} fleet main`, stand('1.0.0'))
    await look()
    assert.deepEqual(chosen((await selected())?.byCurrent), ['1.0.0 → 1.1.0'])
  })

  it('has gates for each of them', async () => {
    const { look, selected, jobs, clock } = watching(
      ['1.1.0', '2.1.0'],
      [
        watched(
          'app',
          { holds: [{ tag: '2.1.0', reason: 'x', until: manualClock().now() + DAY }] },
          { policy: samePolicy('major') },
        ),
      ],
    )
    await jobs.standings.set(`app ${APP} fleet main`, stand('1.0.0', '2.0.0'))
    await look()
    const outcomes = async () => Object.values((await selected())?.byCurrent ?? {}).map(told)
    assert.deepEqual(await outcomes(), ['1.1.0', '2.1.0 waits (hold)'])
    await clock.advance(DAY)
    await look()
    assert.deepEqual(await outcomes(), ['1.1.0', '2.1.0'])
  })
})

describe('selector: after', () => {
  const follower = () =>
    watched('app', { after: { policy: 'staging', soakMs: HOUR } }, { after: ['staging a', 'staging b'] })
  const start = manualClock().now()
  const had = (since: number, until?: number, tag = '1.0.0') => ({
    tag,
    since: start + since,
    ...(until !== undefined && { until: start + until }),
  })

  const cases: readonly (readonly [
    string,
    readonly ReturnType<typeof had>[],
    readonly ReturnType<typeof had>[],
    boolean,
  ])[] = [
    ['nothing is known', [], [], false],
    ['one branch has had it for long enough, the other never', [had(-HOUR)], [], false],
    ['both have', [had(-HOUR)], [had(-2 * HOUR)], true],
    ['one has for too short a time', [had(-HOUR)], [had(-HOUR + 1)], false],
    ['it was superseded after long enough', [had(-3 * HOUR, -2 * HOUR)], [had(-HOUR)], true],
    ['it was superseded too soon', [had(-2 * HOUR, -HOUR - 1)], [had(-HOUR)], false],
    ['another tag has', [had(-HOUR, undefined, '0.9.0')], [had(-HOUR, undefined, '0.9.0')], false],
  ]
  for (const [what, a, b, passes] of cases) {
    it(`${passes ? 'passes' : 'waits'} where ${what}`, async () => {
      const { look, selected, jobs } = watching(['1.0.0'], [follower()])
      await jobs.standings.set('staging a', { version: 1, tags: [], stays: [...a] })
      await jobs.standings.set('staging b', { version: 1, tags: [], stays: [...b] })
      await look()
      assert.equal(told(await selected()), passes ? '1.0.0' : '1.0.0 waits (after)')
    })
  }

  it('passes by itself, and not any more where the tag is taken back', async () => {
    const { look, selected, jobs, clock, updates } = watching(['1.0.0'], [follower()])
    await look()
    assert.equal((await selected())?.block?.until, undefined)
    for (const key of follower().after) await jobs.standings.set(key, { version: 1, tags: ['1.0.0'], stays: [had(0)] })
    await look()
    assert.equal((await selected())?.block?.until, start + HOUR)
    await clock.advance(HOUR)
    assert.deepEqual(await look(), ['tags'])
    assert.equal(told(await selected()), '1.0.0')
    assert.equal(updates.length, 1)
    await jobs.standings.set('staging b', { version: 1, tags: ['0.9.0'], stays: [] })
    await look()
    assert.equal(told(await selected()), '1.0.0 waits (after)')
    assert.deepEqual(await look(), ['tags'])
  })
})
