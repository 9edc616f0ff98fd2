import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Trouble } from '../../src/jobs/options.js'
import { type LastingRecords, openLastingRecords } from '../../src/jobs/redis-lasting.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { withJobs, withRedis } from './with-jobs.js'

const DIGEST = `sha256:${'a'.repeat(64)}`
const KEY = 'ghcr.io/org/app'
const standing = (tag: string) => ({ version: 1 as const, tags: [tag], stays: [{ tag, since: 1 }] })

function seen(...tags: readonly string[]) {
  const sighting = { digest: DIGEST, since: 1, askedAt: 2, pushedAt: 3, createdAt: null }
  return { version: 1 as const, tags: Object.fromEntries(tags.map((tag) => [tag, sighting])) }
}

it('what a service with Redis knows of tags and places is shared with commands', () =>
  withRedis({}, async ({ url }) => {
    const troubles: Trouble[] = []
    const command = async (readOnly: boolean, use: (records: LastingRecords) => Promise<void>) => {
      const onTrouble = (trouble: Trouble) => void troubles.push(trouble)
      const { stop, ...records } = openLastingRecords({ redis: url, clock: systemClock, onTrouble, readOnly })
      await use(records).finally(stop)
    }
    await withJobs({ redis: url }, async (service) => {
      await service.sightings.set(KEY, seen('1.0.0', 'constructor'))
      const held = { version: 1 as const, holds: [{ reason: 'leaks', at: 1 }], releases: [] }
      await service.holds.set('app', held)
      await command(true, async ({ holds }) => assert.deepEqual(await holds.entries(), new Map([['app', held]])))
      // One that is to write nothing sees its own all the same.
      await command(true, async ({ sightings, standings }) => {
        assert.deepEqual(await sightings.get(KEY), seen('1.0.0', 'constructor'))
        await sightings.set(KEY, seen('2.0.0'))
        await standings.set('app fleet', standing('2.0.0'))
        assert.deepEqual(await sightings.get(KEY), seen('2.0.0'))
        assert.deepEqual(await standings.getAll(['app fleet', 'x']), new Map([['app fleet', standing('2.0.0')]]))
      })
      assert.equal(await service.standings.get('app fleet'), undefined)
      await command(false, async ({ standings }) => standings.set('app fleet', standing('3.0.0')))
      assert.deepEqual(await service.standings.get('app fleet'), standing('3.0.0'))
      assert.deepEqual(await service.sightings.get(KEY), seen('1.0.0', 'constructor'))
    })
    assert.deepEqual(troubles, [])
  }))

it('asks nothing of Redis before it is asked itself', async () => {
  const onTrouble = () => assert.fail('it was asked')
  const { stop } = openLastingRecords({ redis: 'redis://127.0.0.1:1', clock: systemClock, onTrouble, readOnly: true })
  await stop()
})
