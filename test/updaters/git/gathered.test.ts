import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { gathered } from '../../../src/updaters/git/gathered.js'

describe('what is asked for one by one', () => {
  const never = new AbortController().signal

  /** Calls that end when they are told to. */
  function calls() {
    const made: { readonly oids: readonly string[]; readonly signal: AbortSignal; end: (error?: Error) => void }[] = []
    const ask = gathered(
      (oids, signal) =>
        new Promise((resolve, reject) => {
          made.push({ oids, signal, end: (error) => (error === undefined ? resolve() : reject(error)) })
        }),
    )
    return { made, ask }
  }

  test('is got together, and each once', async () => {
    const { made, ask } = calls()
    const first = Promise.all(['a', 'b', 'a'].map((oid) => ask(oid, never)))
    await turn()
    await turn()
    const second = Promise.all(['c', 'b'].map((oid) => ask(oid, never)))
    await turn()
    await turn()
    assert.deepEqual(
      made.map(({ oids }) => oids),
      [['a', 'b'], ['c']],
    )
    for (const { end } of made) end()
    await Promise.all([first, second])
  })

  test('is got again when it is asked for again', async () => {
    const { made, ask } = calls()
    for (let round = 1; round <= 2; round++) {
      const asked = ask('a', never)
      while (made.length < round) await turn()
      made.at(-1)?.end()
      await asked
    }
    assert.equal(made.length, 2)
  })

  test('fails for everybody who asked', async () => {
    const { made, ask } = calls()
    const both = Promise.allSettled(['a', 'b'].map((oid) => ask(oid, never)))
    while (made.length < 1) await turn()
    made[0]?.end(new Error('gone'))
    assert.deepEqual(
      (await both).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
  })

  test('is given up when everybody has given up, and then begins anew', async () => {
    const { made, ask } = calls()
    const [one, other] = [new AbortController(), new AbortController()]
    const both = Promise.allSettled([ask('a', one.signal), ask('a', other.signal)])
    while (made.length < 1) await turn()
    one.abort()
    assert.equal(made[0]?.signal.aborted, false)
    other.abort()
    assert.equal(made[0]?.signal.aborted, true)
    const again = ask('a', never)
    while (made.length < 2) await turn()
    made[0]?.end(new Error('aborted'))
    made[1]?.end()
    await Promise.all([both, again])
    await assert.rejects(ask('a', one.signal), { name: 'AbortError' })
    assert.equal(made.length, 2)
  })

  test('is not got where everybody gives up before', async () => {
    const { made, ask } = calls()
    const controller = new AbortController()
    const asked = ask('a', controller.signal)
    controller.abort()
    await assert.rejects(asked, { name: 'AbortError' })
    assert.equal(made.length, 0)
  })
})
