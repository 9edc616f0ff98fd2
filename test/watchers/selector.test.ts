import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Platform } from '../../src/image/platform.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { type Choice, standing } from '../../src/jobs/payloads.js'
import { samePolicy } from '../../src/policies/current.js'
import { digestPolicy } from '../../src/policies/digest.js'
import { newestPolicy } from '../../src/policies/newest.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import { withJobs, withRedis } from '../jobs/with-jobs.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { manualClock } from '../parts/manual-clock.js'
import { scriptedRegistry } from './scripted-registry.js'
import { APP, HOUR, type Kept, MINUTE, told, watched, watching } from './watching.js'

const DAY = 24 * HOUR
const AMD: Platform = { os: 'linux', architecture: 'amd64' }
const ARM: Platform = { os: 'linux', architecture: 'arm64' }
const AGED = { minimumAgeMs: DAY }

describe('selector: minimum age', () => {
  it('waits, and passes by itself though the list is unchanged', async () => {
    const { look, selected, clock, updates } = watching(['1.0.0'], [watched('app', AGED)])
    const until = clock.now() + DAY
    assert.deepEqual(await look(), ['tags', 'digest 1.0.0'])
    assert.equal((await selected())?.block?.until, until)
    await clock.advance(DAY - 1)
    assert.deepEqual(await look(), ['tags', 'digest 1.0.0'])
    assert.equal(told(await selected()), '1.0.0 waits (minimum-age)')
    assert.deepEqual(updates, [])
    await clock.advance(1)
    await look()
    assert.equal(told(await selected()), '1.0.0')
    assert.equal(updates.length, 1)
    assert.deepEqual(await look(), ['tags'])
  })

  it('begins anew where the tag is pushed again', async () => {
    const { look, selected, clock, registry } = watching(['1.0.0'], [watched('app', AGED)])
    await look()
    await clock.advance(DAY - HOUR)
    registry.images.set(`${APP}:1.0.0`, { content: 'another' })
    await look()
    assert.equal((await selected())?.block?.until, clock.now() + DAY)
    await clock.advance(HOUR)
    await look()
    assert.equal(told(await selected()), '1.0.0 waits (minimum-age)')
  })

  it('does not wait longer for a clock that was ahead', async () => {
    const { look, selected, clock } = watching(['1.0.0'], [watched('app', AGED)])
    await look()
    await clock.advance(-365 * DAY)
    await look()
    assert.equal((await selected())?.block?.until, clock.now() + DAY)
  })

  it('goes by what the list told, at the looks that bring no list too', async () => {
    const policies = [watched('app', AGED, { ageFrom: 'registry' }), watched('own', AGED)]
    const { look, selected, clock, registry } = watching(['1.0.0'], policies)
    registry.facts.set('1.0.0', { pushedAt: clock.now() - DAY + HOUR })
    await look()
    const until = clock.now() + HOUR
    await look()
    assert.equal((await selected())?.block?.until, until)
    await clock.advance(HOUR)
    await look()
    assert.deepEqual([told(await selected()), told(await selected('own'))], ['1.0.0', '1.0.0 waits (minimum-age)'])
  })

  it('does not go by what the list told of another digest', async () => {
    const { look, selected, registry } = watching(['1.0.0'], [watched('app', AGED, { ageFrom: 'registry' })])
    registry.facts.set('1.0.0', { pushedAt: 1, digest: `sha256:${'0'.repeat(64)}` })
    await look()
    assert.equal(told(await selected()), '1.0.0 waits (minimum-age)')
  })

  async function survives(open: () => Kept): Promise<void> {
    const clock = manualClock()
    const first = watching(['1.0.0'], [watched('app', AGED)], { clock, kept: open() })
    await first.look()
    await clock.advance(DAY)
    const restarted = watching(['1.0.0'], [watched('app', AGED)], { clock, kept: open() })
    await restarted.look()
    assert.equal(told(await restarted.selected()), '1.0.0')
  }

  it('survives a restart in files', async () => {
    const folder = await temporaryFolder('ages')
    await survives(() => {
      const { sightings } = memoryJobs({ clock: manualClock(), random: () => 0, state: { folder: join(folder, 'x') } })
      return { sightings }
    })
    await removeFolder(folder)
  })

  it('survives a restart in Redis, where an unchanged choice is no news either', () =>
    withRedis({}, ({ url }) =>
      withJobs({ redis: url }, async ({ sightings, selections, watched: state, standings }) => {
        await survives(() => ({ sightings }))
        const kept = { sightings, selections, watched: state, standings }
        const demands = { ...AGED, holds: [{ tag: '1.1.0', reason: 'slow' }] }
        const {
          look,
          updates,
          told: news,
        } = watching(['1.0.0', '1.1.0'], [watched('two', demands, { fallback: true })], {
          kept,
        })
        await look()
        news.length = 0
        await look()
        assert.deepEqual([news, updates], [[], []])
      }),
    ))
})

describe('selector: fallback', () => {
  const held = { holds: [{ tag: '1.2.0', reason: 'leaks', until: manualClock().now() + DAY }] }

  const cases: readonly (readonly [string, boolean, string, string])[] = [
    ['takes the next best tag, and the best when it passes', true, '1.1.0 beside 1.2.0 (hold)', '1.2.0'],
    ['does not without it', false, '1.2.0 waits (hold)', '1.2.0'],
  ]
  for (const [what, fallback, before, after] of cases) {
    it(what, async () => {
      const { look, selected, clock, updates } = watching(
        ['1.0.0', '1.1.0', '1.2.0'],
        [watched('app', held, { fallback })],
      )
      await look()
      assert.equal(told(await selected()), before)
      await clock.advance(DAY)
      assert.deepEqual((await look())[0], 'tags')
      assert.equal(told(await selected()), after)
      assert.equal(updates.length, 1)
    })
  }

  it('asks for the list again where the tag that passed does not any more', async () => {
    const tags = ['1.0.0', '1.1.0', '1.2.0']
    const demands = { platforms: [ARM], ...held }
    const { look, selected, registry } = watching(tags, [watched('app', demands, { fallback: true })])
    for (const tag of tags) registry.images.set(`${APP}:${tag}`, { platforms: [ARM] })
    await look()
    assert.equal(told(await selected()), '1.1.0 beside 1.2.0 (hold)')
    registry.images.set(`${APP}:1.1.0`, { platforms: [AMD], content: 'another' })
    assert.deepEqual(
      (await look()).filter((asked) => asked === 'tags'),
      ['tags', 'tags'],
    )
    assert.equal(told(await selected()), '1.0.0 beside 1.2.0 (hold), 1.1.0 (platforms)')
  })

  it('waits for the best where none passes', async () => {
    const { look, selected } = watching(['1.0.0', '1.1.0'], [watched('app', { platforms: [ARM] }, { fallback: true })])
    await look()
    assert.equal(told(await selected()), '1.1.0 waits (platforms) beside 1.0.0 (platforms)')
    assert.deepEqual(
      (await look()).filter((asked) => asked === 'tags'),
      ['tags'],
    )
  })
})

describe('selector: what is asked', () => {
  it('an image of which several policies want to know is asked once a look', async () => {
    const both = [watched('a', { platforms: [ARM] }), watched('b', { ...AGED, platforms: [AMD, ARM] })]
    const { look, clock, registry } = watching(['1.0.0'], both)
    registry.images.set(`${APP}:1.0.0`, { platforms: [AMD] })
    assert.deepEqual(await look(), ['tags', 'digest 1.0.0', 'image 1.0.0'])
    await clock.advance(DAY)
    assert.deepEqual(await look(), ['tags', 'digest 1.0.0', 'image 1.0.0'])
  })

  it('a policy without gates costs no request and no record more', async (t) => {
    const { look, jobs } = watching(['1.0.0'], [watched('app')])
    const of = (name: 'sightings' | 'standings') =>
      (['get', 'set', 'getAll'] as const).map((method) => t.mock.method(jobs[name], method))
    const [lasting, selections] = [[...of('sightings'), ...of('standings')], t.mock.method(jobs.selections, 'get')]
    assert.deepEqual(await look(), ['tags', 'digest 1.0.0'])
    selections.mock.resetCalls()
    assert.deepEqual(await look(), ['tags'])
    assert.equal(selections.mock.callCount(), 0)
    // To read none of them is to read nothing.
    const calls = lasting.flatMap(({ mock }) => mock.calls).filter((call) => Object(call.arguments[0]).length !== 0)
    assert.deepEqual(calls, [])
  })

  it('nothing is written where a tag still waits', async (t) => {
    const { look, jobs } = watching(['1.0.0'], [watched('app', AGED)])
    await look()
    const written = (['selections', 'sightings', 'watched'] as const).map((name) => t.mock.method(jobs[name], 'set'))
    await look()
    assert.deepEqual(
      written.map(({ mock }) => mock.callCount()),
      [0, 0, 0],
    )
  })

  it('names of the language are tags like others', async () => {
    const tags = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
    const kept = memoryJobs({ clock: manualClock(), random: () => 0 })
    const all = { ...AGED, holds: [{ tag: '__proto__', reason: 'x' }], platforms: [ARM] }
    const policies = [
      ...tags.map((tag) => watched(tag, all, { policy: digestPolicy(tag), follows: true })),
      watched('newest', {}, { policy: newestPolicy() }),
      watched('same', {}, { policy: samePolicy('minor'), targets: [{ git: 'constructor', branch: 'main' }] }),
    ]
    await kept.standings.set('same constructor', { version: 1, tags, stays: [] })
    const { look, selected, registry, clock } = watching(tags, policies, { kept })
    for (const [index, tag] of tags.entries())
      registry.images.set(`${APP}:${tag}`, { createdAt: index, platforms: [ARM] })
    await look()
    await clock.advance(DAY)
    assert.equal((await look())[0], 'tags')
    const outcomes = await Promise.all([...tags, 'newest'].map(async (name) => told(await selected(name))))
    assert.deepEqual(outcomes, [
      'constructor',
      '__proto__ waits (hold)',
      'toString',
      'hasOwnProperty',
      'hasOwnProperty',
    ])
    assert.deepEqual(Object.keys((await selected('same'))?.byCurrent ?? {}).sort(), [...tags].sort())
  })
})

describe('selector: a tag that moves', () => {
  const followers = [
    ['digest: refresh', {}],
    ['select: digest', { policy: digestPolicy('latest') }],
  ] as const
  for (const [what, more] of followers) {
    it(`${what} asks once a look, and orders an update when the digest is another`, async () => {
      const tags = [what === 'digest: refresh' ? '1.0.0' : 'latest']
      const { look, selected, registry, updates } = watching(tags, [watched('app', {}, { follows: true, ...more })])
      await look()
      const before = (await selected())?.digest
      assert.deepEqual(await look(), ['tags', `digest ${tags[0]}`])
      assert.deepEqual(updates, [])
      registry.images.set(`${APP}:${tags[0]}`, { content: 'moved' })
      assert.deepEqual(await look(), ['tags', `digest ${tags[0]}`])
      assert.equal(updates.length, 1)
      assert.notEqual((await selected())?.digest, before)
    })
  }
})

describe('selector: newest', () => {
  const newest = watched('app', {}, { policy: newestPolicy() })
  const names = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => `build-${String(from + i).padStart(4, '0')}`)

  it('selects nothing new before all have been asked, and goes on at the next look', async () => {
    const tags = names(1_100)
    const { look, selected, registry, clock } = watching(tags, [newest])
    for (const [index, tag] of tags.entries()) registry.images.set(`${APP}:${tag}`, { createdAt: 1_100 - index })
    const asks = async () => (await look()).filter((asked) => asked.startsWith('image')).length
    assert.deepEqual([await asks(), told(await selected())], [500, 'none'])
    assert.equal((await selected())?.reason, '500 of 1100 tags have been asked when they were created')
    assert.deepEqual([await asks(), told(await selected())], [500, 'none'])
    assert.deepEqual([await asks(), told(await selected())], [100, 'build-0000'])
    assert.deepEqual(await look(), ['tags'])

    // What is new comes before what is only old, however many that are.
    await clock.advance(2 * DAY)
    registry.repositories.set(APP, [...tags, 'zz'])
    registry.images.set(`${APP}:zz`, { createdAt: 5_000 })
    assert.equal(await asks(), 1)
    assert.equal(told(await selected()), 'zz')
  })

  it('passes over a tag without a manifest, and asks for it at each look', async () => {
    const { look, selected, registry } = watching(['a', 'b', 'c'], [newest])
    for (const [index, tag] of ['a', 'b', 'c'].entries()) registry.images.set(`${APP}:${tag}`, { createdAt: index })
    registry.dangling.add(`${APP}:c`)
    await look()
    assert.equal(told(await selected()), 'b')
    assert.deepEqual(await look(), ['tags', 'digest c'])
    registry.dangling.clear()
    await look()
    assert.equal(told(await selected()), 'c')
    assert.deepEqual(await look(), ['tags'])
  })

  it('ends at a failure, keeps what it has learned, and goes on later', async () => {
    const tags = names(100)
    const registry = scriptedRegistry({ [APP]: tags })
    const resolve = registry.resolveDigest
    let left = 40
    registry.resolveDigest = (...args) =>
      left-- > 0 ? resolve(...args) : Promise.reject(new RegistryError('UNAVAILABLE', 'Cannot ask: 503'))
    const { look, selected } = watching(tags, [newest], { registry })
    const asked = await look()
    assert.equal(asked.at(-1), 'failed: Cannot ask: 503')
    assert.equal(asked.filter((one) => one.startsWith('image')).length, 40)
    left = Number.POSITIVE_INFINITY
    assert.equal((await look()).filter((one) => one.startsWith('image')).length, 60)
    assert.equal((await selected())?.tag, undefined)
  })
})

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
    await jobs.standings.set('app fleet', stand('1.0.0', '2.0.0', 'latest'))
    assert.deepEqual(await look(), ['tags', 'digest 1.1.0', 'digest 2.1.0'])
    assert.deepEqual(chosen((await selected())?.byCurrent), ['1.0.0 → 1.1.0', '2.0.0 → 2.1.0', 'latest → undefined'])
    assert.equal((await selected())?.byCurrent?.latest?.reason, 'none of the 5 tags qualifies to follow latest')
    assert.equal(updates.length, 1)
    assert.deepEqual(await look(), ['tags'])
    assert.deepEqual(updates, [])
    await jobs.standings.set('app fleet', stand('1.1.0', '2.0.0'))
    await look()
    assert.deepEqual(chosen((await selected())?.byCurrent), ['1.1.0 → 1.1.0', '2.0.0 → 2.1.0'])
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
    await jobs.standings.set('app fleet', stand('1.0.0', '2.0.0'))
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

describe('selector: holds', () => {
  it('of two on one tag, the longer one keeps it', async () => {
    const start = manualClock().now()
    const holds = [1, 3, 2].map((minutes) => ({
      tag: '1.0.0',
      reason: `for ${minutes}`,
      until: start + minutes * MINUTE,
    }))
    const { look, selected, clock, told: news } = watching(['1.0.0'], [watched('app', { holds })])
    await look()
    assert.equal((await selected())?.block?.reason, 'held until 2026-11-20T00:03:00Z: for 3')
    await clock.advance(3 * MINUTE)
    await look()
    assert.equal(told(await selected()), '1.0.0')
    assert.deepEqual(news, ['app 1.0.0 held until 2026-11-20T00:03:00Z: for 3', 'app 1.0.0'])
  })
})

describe('selector: many tags that are too young', () => {
  it('falls back beyond them, look by look, and asks little then', async () => {
    const young = Array.from({ length: 50 }, (_, minor) => `2.${minor}.0`)
    const { look, selected, registry, clock } = watching(['1.0.0'], [watched('app', AGED, { fallback: true })])
    await look()
    await clock.advance(DAY)
    registry.repositories.set(APP, ['1.0.0', ...young])
    const digests = async () => (await look()).filter((asked) => asked.startsWith('digest')).length
    assert.deepEqual([await digests(), told(await selected())?.slice(0, 12)], [20, '2.49.0 waits'])
    assert.deepEqual([await digests(), told(await selected())?.slice(0, 12)], [20, '2.49.0 waits'])
    assert.deepEqual([await digests(), told(await selected())?.slice(0, 12)], [13, '1.0.0 beside'])
    assert.deepEqual(await look(), ['tags', 'digest 2.49.0', 'digest 1.0.0'])
    await clock.advance(DAY)
    await look()
    assert.equal(told(await selected()), '2.49.0')
  })
})
