import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { memoryJobs } from '../../src/jobs/memory.js'
import { withJobs, withRedis } from '../jobs/with-jobs.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { manualClock } from '../parts/manual-clock.js'
import { digestOf } from './scripted-registry.js'
import { APP, HOUR, type Kept, told, watched, watching } from './watching.js'

const DAY = 24 * HOUR
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
    registry.facts.set('1.0.0', { pushedAt: clock.now() - DAY + HOUR, digest: digestOf(`${APP}:1.0.0`) })
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
