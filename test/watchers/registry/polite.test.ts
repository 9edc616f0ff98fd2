import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { RegistryError } from '../../../src/watchers/registry/errors.js'
import { type HostRest, politeRegistry } from '../../../src/watchers/registry/polite.js'
import { manualClock } from '../../parts/manual-clock.js'
import { scriptedRegistry } from '../scripted-registry.js'

const { signal } = new AbortController()
const DOWN = new RegistryError('UNREACHABLE', 'Cannot list: no answer', { retryable: true })

function setup() {
  const clock = manualClock()
  const inner = scriptedRegistry()
  const rests: HostRest[] = []
  const recovered: string[] = []
  const registry = politeRegistry(inner, {
    concurrency: () => 2,
    clock,
    random: () => 1,
    onRest: (rest) => rests.push(rest),
    onRecovery: (host) => recovered.push(host),
  })
  /** What became of listing it: `ok`, or the error's code. */
  const list = (repository: string) =>
    registry.listTags(parseRepository(repository), { signal }).then(
      () => 'ok',
      (error: unknown) => (error instanceof RegistryError ? error.code : String(error)),
    )
  return { clock, inner, rests, recovered, registry, list }
}

const DEAD = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `dead.example.com/team/${name}`)

describe('a polite registry', () => {
  it('leaves a dead host alone, costs nothing then, and holds up no other', async () => {
    const { clock, inner, rests, list } = setup()
    for (const repository of DEAD) inner.repositories.set(repository, DOWN)
    inner.repositories.set('live.example.com/team/a', ['1.0.0'])
    const outcomes: string[] = []
    for (const repository of DEAD) outcomes.push(await list(repository))
    assert.deepEqual(outcomes, [...Array(5).fill('UNREACHABLE'), 'RESTING', 'RESTING'])
    assert.equal(inner.asked.length, 5)
    assert.equal(await list('live.example.com/team/a'), 'ok')
    assert.deepEqual(rests, [{ registry: 'dead.example.com', reason: DOWN.message, until: clock.now() + 10_000 }])
  })

  it('goes on where only pulls are left to others, which is no rest', async () => {
    const { inner, rests, list } = setup()
    for (const repository of DEAD) inner.repositories.set(repository, new RegistryError('SPARED', 'Cannot resolve'))
    const outcomes: string[] = []
    for (const repository of DEAD) outcomes.push(await list(repository))
    assert.deepEqual([new Set(outcomes), inner.asked.length, rests], [new Set(['SPARED']), DEAD.length, []])
  })

  it('says why and until when', async () => {
    const { inner, list, registry } = setup()
    for (const repository of DEAD) inner.repositories.set(repository, DOWN)
    for (const repository of DEAD) await list(repository)
    await assert.rejects(registry.resolveDigest(parseRepository(DEAD[0] ?? ''), '1.0.0', { signal }), {
      code: 'RESTING',
      retryable: true,
      message:
        'Cannot resolve "dead.example.com/team/a:1.0.0": registry is left alone until 2026-11-20T00:00:10.000Z ' +
        '(Cannot list: no answer)',
    })
  })

  it('comes back by itself', async () => {
    const { clock, inner, list, recovered } = setup()
    for (const repository of DEAD) inner.repositories.set(repository, DOWN)
    for (const repository of DEAD) await list(repository)
    for (const repository of DEAD) inner.repositories.set(repository, [])
    await clock.advance(10_000)
    assert.deepEqual(await Promise.all(DEAD.map(list)), ['ok', 'RESTING', ...Array(5).fill('ok')])
    assert.deepEqual(recovered, ['dead.example.com'])
  })

  it('tells an outage once, however long it lasts, and its end', async () => {
    const { clock, inner, list, rests, recovered } = setup()
    const [first = ''] = DEAD
    for (const repository of DEAD) inner.repositories.set(repository, DOWN)
    for (const repository of DEAD) await list(repository)
    for (let hour = 0; hour < 24; hour++) {
      await clock.advance(3_600_000)
      assert.equal(await list(first), 'UNREACHABLE')
    }
    assert.deepEqual([rests.length, recovered.length], [1, 0])
    inner.repositories.set(first, [])
    await clock.advance(3_600_000)
    assert.equal(await list(first), 'ok')
    assert.deepEqual([rests.length, recovered.length], [1, 1])
  })

  it('tells once that a host keeps asking for silence, and when it no longer does', async () => {
    const { clock, inner, list, rests, recovered } = setup()
    const busy = 'busy.example.com/team/a'
    inner.repositories.set(busy, new RegistryError('RATE_LIMITED', 'Cannot list: 429', { retryable: true }))
    for (let minute = 0; minute < 10; minute++) {
      assert.equal(await list(busy), 'RATE_LIMITED')
      await clock.advance(60_000)
    }
    assert.deepEqual([rests.length, recovered], [1, []])
    inner.repositories.set(busy, [])
    assert.equal(await list(busy), 'ok')
    assert.deepEqual([rests.length, recovered], [1, ['busy.example.com']])
  })

  it('is not silent for longer where the clock is set back', async () => {
    const { clock, inner, list } = setup()
    const busy = 'busy.example.com/team/a'
    inner.repositories.set(busy, new RegistryError('RATE_LIMITED', 'Cannot list: 429', { retryable: true }))
    assert.equal(await list(busy), 'RATE_LIMITED')
    inner.repositories.set(busy, [])
    await clock.advance(-24 * 3_600_000)
    assert.equal(await list(busy), 'ok')
  })

  it('takes an answer of any kind for a sign of life', async () => {
    const { inner, list } = setup()
    const answers = ['UNAUTHORIZED', 'NOT_FOUND', 'INVALID_ANSWER', 'TOO_LARGE'] as const
    for (const [index, repository] of DEAD.entries()) {
      const code = answers[index % answers.length] ?? 'NOT_FOUND'
      inner.repositories.set(repository, index % 2 === 0 ? DOWN : new RegistryError(code, 'Cannot list: answered'))
    }
    for (let round = 0; round < 5; round++)
      for (const repository of DEAD) assert.notEqual(await list(repository), 'RESTING')
  })

  for (const [name, retryAfterMs, expectedMs] of [
    ['as long as the host asks', 30_000, 30_000],
    ['a second where it asks for none', 0, 1_000],
    ['a minute where it does not say how long', undefined, 60_000],
  ] as const) {
    it(`is silent after 429: ${name}`, async () => {
      const { clock, inner, list, rests } = setup()
      const retryAt = retryAfterMs === undefined ? undefined : clock.now() + retryAfterMs
      inner.repositories.set(
        'busy.example.com/team/a',
        new RegistryError('RATE_LIMITED', 'Cannot list: 429', { retryAt }),
      )
      inner.repositories.set('busy.example.com/team/b', ['1.0.0'])
      assert.equal(await list('busy.example.com/team/a'), 'RATE_LIMITED')
      await clock.advance(expectedMs - 1)
      assert.equal(await list('busy.example.com/team/b'), 'RESTING')
      await clock.advance(1)
      assert.equal(await list('busy.example.com/team/b'), 'ok')
      assert.equal(rests.length, 1)
    })
  }

  it('has only so many calls of a host under way', async () => {
    const { inner, registry } = setup()
    let atOnce = 0
    let most = 0
    inner.resolveDigest = async () => {
      most = Math.max(most, ++atOnce)
      await Promise.resolve()
      atOnce--
      return undefined
    }
    const app = parseRepository('live.example.com/team/a')
    await Promise.all(Array.from({ length: 20 }, () => registry.resolveDigest(app, '1', { signal })))
    assert.equal(most, 2)
  })

  it('describes images and reads signatures without judging the host by it, and not while it rests', async () => {
    const { inner, rests, list, registry } = setup()
    const limited = new RegistryError('RATE_LIMITED', 'Cannot describe: registry answered 429', { retryable: true })
    inner.describeManifest = () => Promise.reject(limited)
    inner.repositories.set('live.example.com/team/a', ['1.0.0'])
    const repository = parseRepository('live.example.com/team/a')
    inner.readSignatures = () => Promise.reject(limited)
    const kept = 'tag'
    await assert.rejects(registry.describeManifest(repository, 'sha256:0', { signal }), limited)
    await assert.rejects(registry.readSignatures(repository, 'sha256:0', { kept, signal }), limited)
    assert.equal(await list('live.example.com/team/a'), 'ok')
    assert.deepEqual(rests, [])
    inner.repositories.set('live.example.com/team/a', limited)
    assert.equal(await list('live.example.com/team/a'), 'RATE_LIMITED')
    await assert.rejects(registry.describeManifest(repository, 'sha256:0', { signal }), { code: 'RESTING' })
    await assert.rejects(registry.readSignatures(repository, 'sha256:0', { kept, signal }), { code: 'RESTING' })
  })
})
