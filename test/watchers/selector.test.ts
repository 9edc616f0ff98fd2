import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Platform } from '../../src/image/platform.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { samePolicy } from '../../src/policies/current.js'
import { digestPolicy } from '../../src/policies/digest.js'
import { newestPolicy } from '../../src/policies/newest.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import { manualClock } from '../parts/manual-clock.js'
import { scriptedRegistry } from './scripted-registry.js'
import { APP, HOUR, MINUTE, told, watched, watching } from './watching.js'

const DAY = 24 * HOUR
const AMD: Platform = { os: 'linux', architecture: 'amd64' }
const ARM: Platform = { os: 'linux', architecture: 'arm64' }
const AGED = { minimumAgeMs: DAY }

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

  it('the list is, where a selection is gone or another process has another image under its name', async () => {
    const { look, jobs, selected, updates } = watching(['1.0.0'], [watched('app'), watched('aged', AGED)])
    const all = ['tags', 'tags', 'digest 1.0.0']
    await look()
    for (const name of ['app', 'aged']) {
      const ours = await selected(name)
      assert.ok(ours)
      assert.equal((await look()).filter((asked) => asked === 'tags').length, 1)
      await jobs.selections.set(name, { ...ours, repository: 'ghcr.io/org/other', tag: '9.0.0' })
      assert.deepEqual(await look(), all)
      assert.deepEqual((await selected(name))?.tag, '1.0.0')
      assert.ok(updates.length > 0)
    }
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

  it('lets others have their turn while many policies go through many tags', async () => {
    const tags = Array.from({ length: 1_000 }, (_, index) => `1.${index}.0`)
    const names = Array.from({ length: 20 }, (_, index) => `app${index}`)
    const { look } = watching(
      tags,
      names.map((name) => watched(name)),
    )
    let turns = 0
    const count = () => {
      turns++
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    await look()
    clearImmediate(next)
    assert.ok(turns >= names.length, `${turns} turns`)
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
    await kept.standings.set(`same ${APP} constructor main`, { version: 1, tags, stays: [] })
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
