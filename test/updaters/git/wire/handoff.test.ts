import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { handoff } from '../../../../src/updaters/git/wire/handoff.js'

async function make(put: (value: number) => Promise<void>, made: number[], end = async () => {}): Promise<void> {
  for (const value of [1, 2, 3, 4]) {
    made.push(value)
    await put(value)
    if (value % 2 === 0) await turn()
  }
  await end()
}

test('values are taken in the order in which they are put', async () => {
  for (const pause of [async () => {}, turn]) {
    const { put, taken } = handoff<number>()
    const values: number[] = []
    for await (const value of taken(make(put, []))) {
      values.push(value)
      await pause()
    }
    assert.deepEqual(values, [1, 2, 3, 4])
  }
})

test('the maker is ahead by no more than one', async () => {
  const { put, taken } = handoff<number>()
  const made: number[] = []
  for await (const value of taken(make(put, made))) {
    for (let turns = 0; turns < 5; turns++) await turn()
    assert.ok(made.length <= value + 1, `${made.length} at ${value}`)
  }
})

test('what the maker throws is thrown after what it made', async () => {
  const { put, taken } = handoff<number>()
  const values: number[] = []
  const making = make(put, [], async () => {
    throw new Error('broken off')
  })
  await assert.rejects(async () => {
    for await (const value of taken(making)) values.push(value)
  }, /broken off/)
  assert.deepEqual(values, [1, 2, 3, 4])
})

test('a maker that nobody listens to any more comes to its end, and may fail', async () => {
  const { put, taken } = handoff<number>()
  const made: number[] = []
  const making = make(put, made, async () => {
    throw new Error('nobody hears')
  })
  for await (const _ of taken(making)) break
  await making.catch(() => {})
  assert.deepEqual(made, [1, 2, 3, 4])
})

test('nothing made is nothing taken', async () => {
  for await (const _ of handoff<number>().taken(Promise.resolve())) assert.fail('took something')
})
