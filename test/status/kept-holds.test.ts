import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobsError } from '../../src/jobs/errors.js'
import type { PolicyHolds } from '../../src/jobs/holds.js'
import { memoryRecords } from '../../src/jobs/memory-records.js'
import { keptHolds } from '../../src/status/kept-holds.js'
import { manualClock } from '../parts/manual-clock.js'

function setup() {
  const clock = manualClock()
  const records = memoryRecords<PolicyHolds>()
  const changed: string[] = []
  const onChange = async (policy: string) => void changed.push(policy)
  const holds = keptHolds({ jobs: { holds: records }, clock, onChange })
  const hold = (tag?: string, more: { readonly reason?: string; readonly until?: number } = {}) => ({
    ...(tag !== undefined && { tag }),
    reason: 'leaks memory',
    at: clock.now(),
    ...more,
  })
  const tags = async () => (await holds.list('app')).map(({ tag = '*' }) => tag)
  return { clock, records, changed, holds, hold, tags }
}

describe('holds', () => {
  it('are those that were set, the latest first, and one of each tag', async () => {
    const { holds, hold, changed } = setup()
    await holds.set('app', hold('1.0.0'))
    await holds.set('app', hold())
    await holds.set('app', hold('1.0.0', { reason: 'it is\nworse' }))
    assert.deepEqual(await holds.list('app'), [{ ...hold('1.0.0'), reason: 'it is\\u{a}worse' }, hold()])
    assert.deepEqual(await holds.list('web'), [])
    assert.deepEqual(changed, ['app', 'app', 'app'])
  })

  it('end when they say', async () => {
    const { holds, hold, clock, tags } = setup()
    await holds.set('app', hold('1.0.0', { until: clock.now() + 1_000 }))
    await clock.advance(999)
    assert.deepEqual(await tags(), ['1.0.0'])
    await clock.advance(1)
    assert.deepEqual(await tags(), [])
    assert.equal(await holds.release('app', '1.0.0'), false)
  })

  it('are lifted by their tag, or all at once', async () => {
    const { holds, hold, tags } = setup()
    for (const tag of ['1.0.0', '1.1.0', undefined]) await holds.set('app', hold(tag))
    assert.equal(await holds.release('app', '1.0.0'), true)
    assert.deepEqual(await tags(), ['*', '1.1.0'])
    assert.equal(await holds.release('app', '1.0.0'), false)
    assert.equal(await holds.release('app', undefined), true)
    assert.deepEqual(await tags(), [])
    assert.equal(await holds.release('app', undefined), false)
  })

  it('keep in mind what was released, until it is held again', async () => {
    const { holds, hold, clock, records } = setup()
    const released = async () => (await records.get('app'))?.releases.map(({ tag = '*', at }) => [tag, at])
    const start = clock.now()
    await holds.release('app', '1.0.0')
    await clock.advance(1)
    await holds.release('app', '1.1.0')
    await holds.release('app', '1.1.0')
    assert.deepEqual(await released(), [
      ['1.1.0', start + 1],
      ['1.0.0', start],
    ])
    await holds.set('app', hold('1.1.0'))
    assert.deepEqual(await released(), [['1.0.0', start]])
    await holds.release('app', undefined)
    assert.deepEqual(await released(), [['*', start + 1]])
    await holds.set('app', hold())
    assert.deepEqual(await released(), [])
  })

  it('are all kept that people set at the same time', async () => {
    const { holds, hold, tags } = setup()
    const all = Array.from({ length: 20 }, (_, patch) => `1.0.${patch}`)
    await Promise.all(all.map((tag) => holds.set('app', hold(tag))))
    assert.deepEqual([...(await tags())].sort(), all.sort())
  })

  it('are bounded', async () => {
    const { holds, hold, records } = setup()
    for (let patch = 0; patch < 120; patch++) await holds.set('app', hold(`1.0.${patch}`))
    for (let patch = 200; patch < 320; patch++) await holds.release('app', `1.0.${patch}`)
    const { holds: held = [], releases = [] } = (await records.get('app')) ?? {}
    assert.deepEqual([held.length, held[0]?.tag, releases.length, releases[0]?.tag], [100, '1.0.119', 100, '1.0.319'])
  })

  it('that cannot be kept are refused, and the next one is not', async () => {
    const { records, hold, clock } = setup()
    let away = true
    const set: typeof records.set = async (key, value) => {
      if (away) throw new JobsError('UNAVAILABLE', 'Cannot write: Redis is away', { retryable: true })
      await records.set(key, value)
    }
    const holds = keptHolds({ jobs: { holds: { ...records, set } }, clock, onChange: async () => {} })
    await assert.rejects(holds.set('app', hold()), JobsError)
    away = false
    await holds.set('app', hold())
    assert.equal((await holds.list('app')).length, 1)
  })
})
