import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createCircuit } from '../../../src/watchers/registry/circuit.js'
import { manualClock } from '../../parts/manual-clock.js'

function setup() {
  const clock = manualClock()
  const circuit = createCircuit(clock, () => 1)
  const failAll = () => {
    for (const subject of ['a', 'b', 'c', 'd', 'e']) {
      if (circuit.enter() === undefined) circuit.failed(subject, `${subject} failed`)
    }
  }
  return { clock, circuit, failAll }
}

describe('a circuit', () => {
  it('rests when five repositories have failed in a row, and says why', () => {
    const { circuit, clock, failAll } = setup()
    failAll()
    assert.deepEqual(circuit.enter(), { reason: 'e failed', until: clock.now() + 10_000 })
  })

  it('does not rest for one repository that fails again and again', () => {
    const { circuit } = setup()
    for (let time = 0; time < 100; time++) {
      assert.equal(circuit.enter(), undefined)
      assert.equal(circuit.failed('a', 'broken'), undefined)
    }
  })

  it('lets one go first after the rest, and all others once that has succeeded', async () => {
    const { circuit, clock, failAll } = setup()
    failAll()
    await clock.advance(10_000)
    assert.equal(circuit.enter(), undefined)
    assert.notEqual(circuit.enter(), undefined)
    circuit.succeeded()
    assert.equal(circuit.enter(), undefined)
    assert.equal(circuit.enter(), undefined)
  })

  it('rests longer each time, up to five minutes, and starts over after a success', async () => {
    const { circuit, clock, failAll } = setup()
    failAll()
    const pauses: number[] = []
    for (let probe = 0; probe < 7; probe++) {
      const until = circuit.enter()?.until ?? 0
      pauses.push((until - clock.now()) / 1_000)
      await clock.advance(until - clock.now())
      assert.equal(circuit.enter(), undefined)
      assert.notEqual(circuit.failed('a', 'still'), undefined)
    }
    assert.deepEqual(pauses, [10, 20, 40, 80, 160, 300, 300])
    circuit.succeeded()
    failAll()
    assert.equal((circuit.enter()?.until ?? 0) - clock.now(), 10_000)
  })

  it('does not rest longer where the clock is set back', async () => {
    const { circuit, clock, failAll } = setup()
    failAll()
    await clock.advance(-3_600_000)
    assert.equal(circuit.enter(), undefined)
  })

  it('asks again where the first to go was called off', async () => {
    const { circuit, clock, failAll } = setup()
    failAll()
    await clock.advance(10_000)
    circuit.enter()
    circuit.abandoned()
    assert.equal(circuit.enter(), undefined)
  })

  it('never lets two go first, never rests beyond five minutes, and always comes back', async () => {
    const step = fc.record({
      subject: fc.nat(9),
      passMs: fc.nat(200_000),
      ending: fc.constantFrom('ok', 'bad', 'gone'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (steps, chance) => {
          const clock = manualClock()
          const circuit = createCircuit(clock, () => chance)
          let resting = false
          for (const { subject, passMs, ending } of steps) {
            await clock.advance(passMs)
            const rest = circuit.enter()
            if (rest !== undefined) {
              assert.ok(resting && rest.until > clock.now() && rest.until <= clock.now() + 300_000)
              continue
            }
            if (resting) assert.notEqual(circuit.enter(), undefined)
            if (ending === 'ok') circuit.succeeded()
            else if (ending === 'gone') circuit.abandoned()
            else circuit.failed(String(subject), 'failed')
            resting = ending === 'ok' ? false : ending === 'bad' ? resting || isResting(circuit) : resting
          }
          await clock.advance(300_000)
          assert.equal(circuit.enter(), undefined)
        },
      ),
      { numRuns: 100 },
    )
  })
})

/** Without leaving a trace: an entry that is let in is called off. */
function isResting(circuit: ReturnType<typeof createCircuit>): boolean {
  if (circuit.enter() !== undefined) return true
  circuit.abandoned()
  return false
}
