import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { isRetryable } from '../../../../src/error.js'
import type { Credential } from '../../../../src/watchers/registry/credential.js'
import {
  type CredentialCache,
  credentialCache,
  type Obtained,
} from '../../../../src/watchers/registry/credentials/cache.js'
import { type ManualClock, manualClock } from '../../../parts/manual-clock.js'

const { signal } = new AbortController()
const MINUTE = 60_000
const credential = (password: string): Credential => ({ kind: 'password', username: 'u', password })

let clock: ManualClock
let stopping: AbortController
let cache: CredentialCache
let asked: number
/** What the next questions bring, the last of them for ever. */
let answers: (() => Promise<Obtained>)[]

beforeEach(() => {
  clock = manualClock()
  stopping = new AbortController()
  cache = credentialCache({ clock, stopping: stopping.signal })
  asked = 0
  answers = []
})
afterEach(() => stopping.abort())

const gives = (password: string, lifeMs?: number) => async () => ({
  credential: credential(password),
  ...(lifeMs !== undefined && { expiresAt: clock.now() + lifeMs }),
})
const fails = (message: string) => async () => {
  throw new Error(message)
}

async function get(key = 'key', caller: AbortSignal = signal): Promise<string | undefined> {
  const ask = () => {
    asked++
    const [first] = answers
    if (answers.length > 1) answers.shift()
    return first?.() ?? Promise.resolve({ credential: undefined })
  }
  const found = await cache.get({ key, action: 'Cannot ask', ask }, caller)
  return found?.kind === 'password' ? found.password : undefined
}

describe('a credential', () => {
  it('is asked for once by many at a time', async () => {
    answers = [gives('a')]
    const found = await Promise.all(Array.from({ length: 50 }, () => get()))
    assert.deepEqual([new Set(found), asked], [new Set(['a']), 1])
  })

  it('is kept apart from that of another question', async () => {
    answers = [gives('a'), gives('b')]
    assert.deepEqual([await get('one'), await get('two'), await get('one')], ['a', 'b', 'a'])
  })

  const LIVES: readonly [name: string, lifeMs: number | undefined, renewedAfterMs: number][] = [
    ['at half of its life', 12 * 60 * MINUTE, 6 * 60 * MINUTE],
    ['after five minutes where nothing is said', undefined, 5 * MINUTE],
    ['after half a day at the latest', 10_000 * 60 * MINUTE, 12 * 60 * MINUTE],
    ['soon where it is about to expire', 4_000, 2_000],
  ]
  for (const [name, lifeMs, renewedAfterMs] of LIVES) {
    it(`is renewed ${name}`, async () => {
      answers = [gives('a', lifeMs), gives('b')]
      await get()
      await clock.advance(renewedAfterMs - 1)
      await get()
      assert.equal(asked, 1)
      await clock.advance(1)
      assert.equal(await get(), 'a', 'nobody waits while the old one is valid')
      await clock.advance(0)
      assert.deepEqual([await get(), asked], ['b', 2])
    })
  }

  it('is waited for when the old one has expired', async () => {
    answers = [gives('a', MINUTE), gives('b')]
    await get()
    await clock.advance(MINUTE)
    assert.equal(await get(), 'b')
  })

  it('that is none is kept, too', async () => {
    assert.deepEqual([await get(), await get(), asked], [undefined, undefined, 1])
  })

  it('is used until it expires where no other is to be had', async () => {
    answers = [gives('a', 10 * MINUTE), fails('away')]
    await get()
    await clock.advance(5 * MINUTE)
    for (let at = 0; at < 29; at++) {
      assert.equal(await get(), 'a')
      await clock.advance(10_000)
    }
    assert.equal(asked, 1 + 29)
    await clock.advance(10_000)
    await assert.rejects(get, { message: 'Cannot ask: away' })
  })
})

describe('a failure', () => {
  it('is the answer for ten seconds', async () => {
    answers = [fails('broken'), gives('a')]
    const expected = { code: 'CREDENTIALS', message: 'Cannot ask: broken' }
    await assert.rejects(get, expected)
    await clock.advance(9_999)
    await assert.rejects(get, expected)
    assert.equal(asked, 1)
    await clock.advance(1)
    assert.equal(await get(), 'a')
  })

  it('is not the answer for longer where the clock is set back', async () => {
    answers = [fails('broken'), gives('a')]
    await assert.rejects(get)
    await clock.advance(-60 * MINUTE)
    assert.equal(await get(), 'a')
  })

  it('may be over later', async () => {
    answers = [fails('broken')]
    await assert.rejects(get, (error) => isRetryable(error))
  })

  it('is a credential that has expired already', async () => {
    answers = [gives('a', 0)]
    await assert.rejects(get, { message: 'Cannot ask: they have expired already' })
  })

  it('is no answer within 30 seconds', async () => {
    answers = [() => new Promise(() => {})]
    const late = assert.rejects(get(), { code: 'CREDENTIALS', message: 'Cannot ask: no answer within 30000 ms' })
    await clock.advance(30_000)
    await late
  })
})

describe('a credential that was refused', () => {
  const refuse = async () => {
    const found = await cache.get({ key: 'key', action: '', ask: fails('not asked') }, signal)
    if (found !== undefined) cache.forget(found)
  }

  it('is asked for again', async () => {
    answers = [gives('a'), gives('b')]
    await get()
    await clock.advance(MINUTE)
    await refuse()
    assert.equal(await get(), 'b')
  })

  it('is not where it was just asked for', async () => {
    answers = [gives('a'), gives('b')]
    await get()
    await clock.advance(MINUTE - 1)
    await refuse()
    assert.equal(await get(), 'a')
  })
})

it("a caller's signal ends its own waiting only", async () => {
  const caller = new AbortController()
  let answer = (_: Obtained) => {}
  answers = [() => new Promise((resolve) => (answer = resolve))]
  const first = get('key', caller.signal)
  const second = get()
  caller.abort(new Error('enough'))
  await assert.rejects(first, { message: 'enough' })
  answer({ credential: credential('a') })
  assert.equal(await second, 'a')
})
