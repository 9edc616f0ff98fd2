import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { current } from '../../src/lifecycle/current.js'

/** Work that ends when a test says so. */
function work() {
  let end = () => {}
  const done = new Promise<void>((resolve) => {
    end = resolve
  })
  return { run: () => done, end: () => end() }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('what is current', () => {
  it('is what was given last', async () => {
    const value = current('a')
    await value.replace('b')
    assert.equal(value.get(), 'b')
    assert.equal(await value.use(async (given) => `used ${given}`), 'used b')
  })

  it('is replaced once its last use is over, failed or not', async () => {
    const value = current('a')
    const [first, second] = [work(), work()]
    const used = value.use(async (given) => {
      await first.run()
      return given
    })
    const failing = value.use(async () => {
      await second.run()
      throw new Error('failed')
    })
    let replaced = false
    value.replace('b').then(() => {
      replaced = true
    })
    first.end()
    assert.equal(await used, 'a')
    assert.equal(replaced, false)
    second.end()
    await assert.rejects(failing, /failed/)
    await settle()
    assert.equal(replaced, true)
  })

  it('waits for uses of all former ones, and of no later one', async () => {
    const value = current('a')
    const [old, late] = [work(), work()]
    value.use(old.run)
    value.replace('b')
    let replaced = false
    value.replace('c').then(() => {
      replaced = true
    })
    value.use(late.run)
    await settle()
    assert.equal(replaced, false)
    old.end()
    await settle()
    assert.equal(replaced, true)
    late.end()
  })
})
