import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startWheel } from '../../src/lifecycle/wheel.js'
import { manualClock } from '../parts/manual-clock.js'

/** Repeatable, and spread over [0, 1). */
function sequence(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe('wheel', () => {
  it('calls a beat once per interval, within the jitter', async () => {
    const clock = manualClock()
    const calls: number[] = []
    const wheel = startWheel([{ intervalMs: 60_000, run: () => calls.push(clock.now()) }], clock, sequence())
    await clock.advance(3_600_000)
    await wheel.stop()

    const gaps = calls.slice(1).map((instant, index) => instant - (calls[index] ?? 0))
    assert.ok(calls.length >= 54 && calls.length <= 67, `${calls.length} calls`)
    for (const gap of gaps) assert.ok(gap >= 54_000 && gap <= 66_500, `gap of ${gap} ms`)
    assert.ok(new Set(gaps).size > 10, 'the gaps differ')
  })

  it('begins a single beat at once', async () => {
    const clock = manualClock()
    let calls = 0
    const wheel = startWheel([{ intervalMs: 300_000, run: () => calls++ }], clock, () => 0.99)
    await clock.advance(500)
    await wheel.stop()
    assert.equal(calls, 1)
  })

  it('spreads the first calls of many beats, and all of them come within one interval', async () => {
    const clock = manualClock()
    const start = clock.now()
    const firsts: number[] = []
    const beats = Array.from({ length: 2_000 }, () => ({
      intervalMs: 600_000,
      run: () => firsts.push(clock.now() - start),
    }))
    const wheel = startWheel(beats, clock, sequence())
    await clock.advance(41_000)
    await wheel.stop()

    assert.equal(firsts.length, 2_000)
    const perSecond = new Map<number, number>()
    for (const instant of firsts)
      perSecond.set(Math.floor(instant / 1_000), (perSecond.get(Math.floor(instant / 1_000)) ?? 0) + 1)
    assert.ok(Math.max(...perSecond.values()) < 120, `at most ${Math.max(...perSecond.values())} in one second`)
  })

  it('calls nothing after it was stopped', async () => {
    const clock = manualClock()
    let calls = 0
    const wheel = startWheel([{ intervalMs: 1_000, run: () => calls++ }], clock, () => 0.5)
    await clock.advance(3_000)
    await wheel.stop()
    const before = calls
    await clock.advance(10_000)
    assert.ok(before > 0)
    assert.equal(calls, before)
  })

  // From a day of sleep to a machine whose clock is set from 1970 to now.
  for (const passed of [3_600_000, 86_400_000, 1_800_000_000_000]) {
    it(`does not make up for ${passed / 1_000} s that it slept through, nor counts them`, () => {
      const { turnAt, calls } = turned()
      const startedAt = performance.now()
      turnAt(0)
      turnAt(passed)
      assert.equal(calls(), 2)
      assert.ok(performance.now() - startedAt < 2_000)
    })
  }

  it('goes on where the clock was set back', () => {
    const { turnAt, calls } = turned()
    turnAt(3_600_000)
    const before = calls()
    for (let now = 0; now <= 3_000; now += 250) turnAt(now)
    assert.ok(calls() - before >= 2)
  })

  it('takes other beats: known ones keep their turn, new ones are spread, and those that are gone stay away', async () => {
    const clock = manualClock()
    const start = clock.now()
    const calls: string[] = []
    const beat = (key: string, intervalMs = 600_000) => ({
      key,
      intervalMs,
      run: () => calls.push(`${key} ${Math.round((clock.now() - start) / 60_000)}`),
    })
    const wheel = startWheel([beat('kept'), beat('gone'), beat('faster')], clock, () => 0.5)
    await clock.advance(5 * 60_000)
    assert.deepEqual(calls.splice(0), ['kept 0', 'gone 0', 'faster 0'])
    wheel.take([beat('kept'), beat('faster', 120_000), beat('new')])
    await clock.advance(6.4 * 60_000)
    await wheel.stop()
    assert.deepEqual(calls, ['faster 5', 'new 5', 'faster 7', 'faster 9', 'kept 10', 'faster 11'])
  })
})

/** A wheel with one beat a second, turned by hand. */
function turned() {
  let now = 0
  let turn = () => {}
  let calls = 0
  const clock = {
    now: () => now,
    after: (_: number, run: () => void) => {
      turn = run
      return () => {}
    },
  }
  startWheel([{ intervalMs: 1_000, run: () => calls++ }], clock, () => 0.5)
  return {
    calls: () => calls,
    turnAt(instant: number) {
      now = instant
      turn()
    },
  }
}
