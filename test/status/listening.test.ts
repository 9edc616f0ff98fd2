import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { listenTo } from '../../src/status/listening.js'
import { manualClock } from '../parts/manual-clock.js'

function setup() {
  const clock = manualClock()
  const own = new Set<() => void>()
  const told: string[] = []
  let count = 7
  let asked = 0
  const state = { away: false }
  const listen = listenTo({
    clock,
    recorder: {
      onWritten(listener) {
        own.add(listener)
        return () => own.delete(listener)
      },
    },
    changes: {
      async tell() {
        count += 1
      },
      async count() {
        asked += 1
        if (state.away) throw new Error('away')
        return count
      },
    },
  })
  const write = () => {
    for (const listener of own) listener()
  }
  return {
    clock,
    told,
    state,
    listen: (name: string) => listen(() => told.push(name)),
    write,
    elsewhere: () => void count++,
    asked: () => asked,
    isListening: () => own.size > 0,
  }
}

describe('listeners', () => {
  it('are called at most once a second for what this process notes', async () => {
    const { clock, told, listen, write } = setup()
    listen('a')
    listen('b')
    await clock.advance(1_000)
    assert.deepEqual(told, [])
    for (let times = 0; times < 20; times++) {
      write()
      await clock.advance(100)
    }
    assert.deepEqual(told, ['a', 'b', 'a', 'b'])
  })

  it('are called for what another process notes', async () => {
    const { clock, told, listen, elsewhere } = setup()
    listen('a')
    await clock.advance(2_000)
    elsewhere()
    await clock.advance(3_000)
    assert.deepEqual(told, ['a'])
    await clock.advance(10_000)
    assert.deepEqual(told, ['a'])
  })

  it('are called after an outage in which something was noted, and not for the outage', async () => {
    const { clock, told, listen, elsewhere, state } = setup()
    listen('a')
    await clock.advance(1_000)
    state.away = true
    await clock.advance(10_000)
    assert.deepEqual(told, [])
    elsewhere()
    state.away = false
    await clock.advance(4_000)
    assert.deepEqual(told, ['a'])
  })

  it('cost nothing once they are gone', async () => {
    const { clock, told, listen, write, asked, isListening } = setup()
    const [end, endOther] = [listen('a'), listen('b')]
    await clock.advance(5_000)
    end()
    write()
    await clock.advance(1_000)
    assert.deepEqual(told, ['b'])
    endOther()
    endOther()
    const before = asked()
    await clock.advance(60_000)
    assert.deepEqual([asked(), isListening()], [before, false])
    listen('c')
    write()
    await clock.advance(1_000)
    assert.deepEqual(told, ['b', 'c'])
  })
})
