import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { shareOrders } from '../../../src/watchers/webhooks/share-orders.js'

/** Orders that end when the test lets them. */
function setup() {
  const given: { readonly key: string; end(error?: Error): void }[] = []
  const order = shareOrders(
    (key) =>
      new Promise((resolve, reject) => {
        given.push({ key, end: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
  )
  return { given, order }
}

test('those that come while one is on its way share the next, and none shares that one', async () => {
  const { given, order } = setup()
  const ended: string[] = []
  const told = (name: string, key = 'a') => order(key).then(() => ended.push(name))
  const all = [told('first'), told('second'), told('third'), told('other', 'b')]
  assert.deepEqual(
    given.map(({ key }) => key),
    ['a', 'b'],
  )
  given[0]?.end()
  await turn()
  assert.deepEqual([ended, given.length], [['first'], 3])
  all.push(told('fourth'))
  given[2]?.end()
  await turn()
  assert.deepEqual([ended, given.length], [['first', 'second', 'third'], 4])
  given[1]?.end()
  given[3]?.end()
  await Promise.all(all)
  assert.deepEqual(ended.slice(3).sort(), ['fourth', 'other'])
  const later = told('later')
  assert.equal(given.length, 5)
  given[4]?.end()
  await later
})

test('one that fails fails alone, and for all who share it', async () => {
  const { given, order } = setup()
  const [first, second, third] = [order('a'), order('a'), order('a')]
  given[0]?.end(new Error('away'))
  await assert.rejects(first, /away/)
  await turn()
  given[1]?.end(new Error('still away'))
  await assert.rejects(second, /still away/)
  await assert.rejects(third, /still away/)
  const fourth = order('a')
  given[2]?.end()
  await fourth
})
