import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../src/image/repository.js'
import { memoryRecords } from '../../src/jobs/memory-records.js'
import { type Sightings, sightings } from '../../src/jobs/payloads.js'
import { type LookOptions, openLook } from '../../src/watchers/look.js'
import type { ListedFacts } from '../../src/watchers/registry/registry.js'
import { digestOf, scriptedRegistry } from './scripted-registry.js'
import { APP, HOUR } from './watching.js'

const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 20)
const OURS = { ageFrom: 'firstSeen' } as const
const THEIRS = { ageFrom: 'registry' } as const

function setup() {
  const registry = scriptedRegistry()
  const records = memoryRecords<Sightings>()
  let now = START
  return {
    registry,
    records,
    pass: (ms: number) => {
      now += ms
    },
    open: (more: Partial<LookOptions> = {}) =>
      openLook({
        registry,
        sightings: records,
        key: APP,
        repository: parseRepository(APP),
        now: () => now,
        signal: new AbortController().signal,
        ...more,
      }),
    /** What is kept of each tag, with times since the start. */
    kept: async () => {
      const { tags } = sightings.parse(await records.get(APP))
      return Object.entries(tags).map(([tag, { since }]) => `${tag} ${since - START}`)
    },
  }
}

const listing = (facts: Readonly<Record<string, ListedFacts>>) => ({ listed: new Map(Object.entries(facts)) })

describe('look: ages', () => {
  it('begins when a tag is first asked for, and again where it has another digest', async () => {
    const { open, registry, pass } = setup()
    const seen = async () => {
      const look = open()
      const { seenSince } = await look.learn('1.0.0', 'seenSince', OURS)
      await look.save()
      return (seenSince ?? 0) - START
    }
    assert.equal(await seen(), 0)
    pass(HOUR)
    assert.equal(await seen(), 0)
    registry.images.set(`${APP}:1.0.0`, { content: 'another' })
    assert.equal(await seen(), HOUR)
    pass(HOUR)
    assert.equal(await seen(), HOUR)
    pass(-DAY)
    assert.equal(await seen(), 2 * HOUR - DAY)
  })

  const digest = digestOf(`${APP}:1.0.0`)
  const cases: readonly (readonly [string, ListedFacts, typeof OURS | typeof THEIRS, number])[] = [
    ['ours', { pushedAt: START - DAY, digest }, OURS, 0],
    ['theirs, of this digest', { pushedAt: START - DAY, digest }, THEIRS, -DAY],
    ['ours, where theirs is of no digest', { pushedAt: START - DAY }, THEIRS, 0],
    ['ours, where theirs is of another digest', { pushedAt: START - DAY, digest: digestOf('x') }, THEIRS, 0],
    ['ours, where they say nothing', {}, THEIRS, 0],
    ['ours, where their clock is ahead', { pushedAt: START + DAY, digest }, THEIRS, 0],
  ]
  for (const [what, facts, asker, expected] of cases) {
    it(`goes by ${what}, at a look without a list too`, async () => {
      const { open, pass } = setup()
      for (const listed of [listing({ '1.0.0': facts }), {}]) {
        const look = open(listed)
        const { seenSince } = await look.learn('1.0.0', 'seenSince', asker)
        await look.save()
        assert.equal((seenSince ?? 0) - START, expected)
        pass(HOUR)
      }
    })
  }
})

describe('look: ages that are last known', () => {
  it('leave out what a clock told that was ahead, so that it is asked and mended', async () => {
    const { open, pass } = setup()
    const known = async (...learning: readonly string[]) => {
      const look = open()
      for (const tag of learning) await look.learn(tag, 'seenSince', OURS)
      await look.save()
      return [...(await look.lastKnown(OURS))].map(([tag, since]) => `${tag} ${since - START}`)
    }
    pass(DAY)
    assert.deepEqual(await known('a', 'b'), [`a ${DAY}`, `b ${DAY}`])
    pass(-DAY)
    assert.deepEqual(await known(), [])
    assert.deepEqual(await known('b'), ['b 0'])
  })
})

describe('look: what is kept', () => {
  it('is written once, and only where something was learned', async (t) => {
    const { open, records, kept } = setup()
    const written = t.mock.method(records, 'set')
    await open().save()
    const look = open()
    for (const tag of ['a', 'b', 'a']) await look.learn(tag, 'seenSince', OURS)
    assert.equal(written.mock.callCount(), 0)
    await look.save()
    assert.equal(written.mock.callCount(), 1)
    assert.deepEqual(await kept(), ['a 0', 'b 0'])
    const again = open()
    await again.learn('a', 'seenSince', OURS)
    await again.save()
    assert.equal(written.mock.callCount(), 1)
  })

  it('forgets a tag that has not been listed for thirty days', async () => {
    const { open, kept, pass } = setup()
    const see = async (tag: string, tags?: readonly string[]) => {
      const look = open({ tags })
      await look.learn(tag, 'seenSince', OURS)
      await look.save()
    }
    await see('a')
    pass(30 * DAY - 1)
    await see('b', ['b'])
    assert.deepEqual(await kept(), ['a 0', `b ${30 * DAY - 1}`])
    pass(1)
    await see('c')
    assert.deepEqual((await kept()).length, 3)
    await see('d', ['b', 'c', 'd'])
    assert.deepEqual(
      (await kept()).map((text) => text[0]),
      ['b', 'c', 'd'],
    )
  })

  it('takes names of the language for tags', async () => {
    const { open, records } = setup()
    const look = open()
    for (const tag of ['constructor', '__proto__', 'toString']) {
      assert.equal((await look.learn(tag, 'seenSince', OURS)).seenSince, START)
    }
    await look.save()
    assert.deepEqual(Object.keys((await records.get(APP))?.tags ?? {}), ['constructor', '__proto__', 'toString'])
  })
})

describe('look: what is asked', () => {
  it('asks for a digest and an image once, whoever wants to know', async () => {
    const { open, registry } = setup()
    registry.images.set(`${APP}:a`, { createdAt: 7 })
    const look = open()
    await Promise.all([look.digestOf('a'), look.learn('a', 'platforms', OURS), look.learn('a', 'seenSince', THEIRS)])
    assert.deepEqual(await look.creationOf(['a']), { createdAt: new Map([['a', 7]]), left: 0, dangling: 0 })
    assert.deepEqual(registry.asked, [`digest ${APP}:a`, `image ${APP}:a`])
  })

  it('asks nothing that the list has told', async () => {
    const { open, registry } = setup()
    const look = open(listing({ a: { digest: digestOf('a'), createdAt: 7 } }))
    assert.deepEqual((await look.creationOf(['a'])).createdAt, new Map([['a', 7]]))
    assert.deepEqual(registry.asked, [])
  })

  it('believes for a day when a tag was created, and does not ask for an image that it knows', async () => {
    const { open, registry, pass } = setup()
    registry.images.set(`${APP}:a`, { createdAt: 7 })
    const ask = async () => {
      registry.asked.length = 0
      const look = open()
      const { createdAt } = await look.creationOf(['a', 'b'])
      await look.save()
      return [createdAt.get('a'), createdAt.get('b'), registry.asked.length]
    }
    assert.deepEqual(await ask(), [7, null, 4])
    pass(DAY - 1)
    assert.deepEqual(await ask(), [7, null, 0])
    pass(1)
    assert.deepEqual(await ask(), [7, null, 2])
    assert.deepEqual(await ask(), [7, null, 0])
    pass(DAY)
    registry.images.set(`${APP}:a`, { createdAt: 9, content: 'another' })
    assert.deepEqual(await ask(), [9, null, 3])
    pass(DAY)
    registry.dangling.add(`${APP}:a`)
    assert.deepEqual(await ask(), [undefined, null, 2])
    registry.dangling.clear()
    assert.deepEqual(await ask(), [9, null, 2])
  })

  it('says how many are left, and how many have no manifest', async () => {
    const { open, registry } = setup()
    const tags = Array.from({ length: 505 }, (_, index) => `t${String(index).padStart(3, '0')}`)
    registry.dangling.add(`${APP}:t007`)
    const look = open()
    const { createdAt, left, dangling } = await look.creationOf(tags)
    assert.deepEqual([createdAt.size, left, dangling], [499, 5, 1])
  })

  it('asks every tag in turn, however many have no manifest', async () => {
    const { open, registry, pass } = setup()
    const tags = Array.from({ length: 1_203 }, (_, index) => `t${String(index).padStart(4, '0')}`)
    for (const tag of tags.slice(0, 1_200)) registry.dangling.add(`${APP}:${tag}`)
    const ask = async () => {
      registry.asked.length = 0
      const look = open({ tags })
      const { createdAt, left, dangling } = await look.creationOf(tags)
      await look.save()
      pass(1)
      return [createdAt.size, left, dangling, registry.asked.filter((text) => text.startsWith('digest')).length]
    }
    assert.deepEqual(await ask(), [0, 703, 500, 500])
    assert.deepEqual(await ask(), [0, 203, 1_000, 500])
    assert.deepEqual(await ask(), [3, 0, 1_200, 500])
    registry.dangling.clear()
    assert.deepEqual(await ask(), [503, 0, 700, 500])
    assert.deepEqual(await ask(), [1_003, 0, 200, 500])
    assert.deepEqual(await ask(), [1_203, 0, 0, 200])
  })

  it('checks a signature by the digest', async () => {
    const checked: string[] = []
    const checkSignature = async (_: unknown, digest: string) => {
      checked.push(digest)
      return { verified: true, by: 'cosign.pub' } as const
    }
    const facts = await setup()
      .open()
      .learn('a', 'signature', { ...OURS, checkSignature })
    assert.deepEqual(facts, { digest: digestOf(`${APP}:a`), signature: { verified: true, by: 'cosign.pub' } })
    assert.deepEqual(checked, [facts.digest])
  })

  const missing: readonly (readonly [string, (setting: ReturnType<typeof setup>) => void, RegExp])[] = [
    [
      'tag',
      ({ registry }) => registry.dangling.add(`${APP}:a`),
      /^Cannot select "ghcr\.io\/org\/app:a": it is listed, but has no manifest$/,
    ],
    [
      'manifest',
      ({ registry }) => {
        registry.describeManifest = async () => undefined
      },
      /^Cannot select "ghcr\.io\/org\/app:a": its manifest sha256:[0-9a-f]{64} is gone$/,
    ],
  ]
  for (const [what, remove, message] of missing) {
    it(`says which ${what} is missing`, async () => {
      const setting = setup()
      remove(setting)
      await assert.rejects(setting.open().learn('a', 'platforms', OURS), { code: 'NOT_FOUND', message })
    })
  }
})
