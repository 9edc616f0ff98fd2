import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPace } from '../../../src/watchers/registry/pace.js'
import { manualClock } from '../../parts/manual-clock.js'

const { signal } = new AbortController()

/** When each of so many calls at once may go, in milliseconds. */
async function instants(perSecond: number, calls: number): Promise<readonly number[]> {
  const clock = manualClock()
  const start = clock.now()
  const pace = createPace(() => perSecond, clock)
  const went: number[] = []
  for (let call = 0; call < calls; call++) pace.next(signal).then(() => went.push(clock.now() - start))
  await clock.advance(60_000)
  return went
}

describe('a pace', () => {
  const CASES: readonly [perSecond: number, calls: number, expected: readonly number[]][] = [
    [2, 5, [0, 0, 500, 1_000, 1_500]],
    [1, 3, [0, 1_000, 2_000]],
    [0.1, 3, [0, 10_000, 20_000]],
    [Number.POSITIVE_INFINITY, 3, [0, 0, 0]],
  ]
  for (const [perSecond, calls, expected] of CASES) {
    it(`of ${perSecond} a second`, async () => assert.deepEqual(await instants(perSecond, calls), expected))
  }

  it("saves up one second's worth and no more", async () => {
    const clock = manualClock()
    const pace = createPace(() => 3, clock)
    for (let round = 0; round < 2; round++) {
      await clock.advance(3_600_000)
      let went = 0
      for (let call = 0; call < 10; call++) pace.next(signal).then(() => went++)
      await clock.advance(0)
      assert.equal(went, 3)
      await clock.advance(10_000)
    }
  })

  it('ends the wait of a call with the reason of its signal', async () => {
    const clock = manualClock()
    const pace = createPace(() => 1, clock)
    const stopping = new AbortController()
    await pace.next(signal)
    const waiting = pace.next(stopping.signal)
    stopping.abort(new Error('stopped'))
    await assert.rejects(waiting, { message: 'stopped' })
  })
})
