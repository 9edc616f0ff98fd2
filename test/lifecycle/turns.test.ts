import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { createTurns } from '../../src/lifecycle/turns.js'

function setup(atOnce: number) {
  const turns = createTurns(() => atOnce)
  const had: string[] = []
  const take = (name: string, signal = new AbortController().signal) =>
    turns.take(signal).then((leave) => {
      had.push(name)
      return leave
    })
  return { take, had }
}

describe('turns', () => {
  it('are given a few at a time, in the order they were asked for', async () => {
    const { take, had } = setup(2)
    const [a, b] = await Promise.all([take('a'), take('b')])
    const waiting = [take('c'), take('d'), take('e')]
    await settle()
    assert.deepEqual(had, ['a', 'b'])
    b()
    b()
    await settle()
    assert.deepEqual(had, ['a', 'b', 'c'])
    a()
    ;(await waiting[0])?.()
    await settle()
    assert.deepEqual(had, ['a', 'b', 'c', 'd', 'e'])
  })

  it('pass over who has left the line', async () => {
    const { take, had } = setup(1)
    const leave = await take('a')
    const stopping = new AbortController()
    const gone = take('b', stopping.signal)
    const waits = take('c')
    stopping.abort(new Error('stopped'))
    await assert.rejects(gone, { message: 'stopped' })
    leave()
    await waits
    assert.deepEqual(had, ['a', 'c'])
    await assert.rejects(take('d', stopping.signal), { message: 'stopped' })
  })
})
