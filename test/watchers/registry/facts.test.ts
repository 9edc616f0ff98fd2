import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { factsAbout, factsOf, googleFacts, type SaidOfTag } from '../../../src/watchers/registry/facts.js'
import type { ListedFacts } from '../../../src/watchers/registry/registry.js'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`

describe('factsOf leaves out what cannot be true', () => {
  const CASES: readonly [said: SaidOfTag, expected: ListedFacts][] = [
    [
      { digest: A, pushedAt: 2, createdAt: 1 },
      { digest: A, pushedAt: 2, createdAt: 1 },
    ],
    [{ digest: A }, { digest: A }],
    [{ digest: 'sha256:abc', pushedAt: 1 }, { pushedAt: 1 }],
    [{ digest: [A], pushedAt: '1', createdAt: {} }, {}],
    [{ pushedAt: 0, createdAt: -1 }, {}],
    [{ pushedAt: Number.NaN, createdAt: 1.5 }, {}],
    [{ pushedAt: 8.64e15, createdAt: 8.64e15 + 1 }, { pushedAt: 8.64e15 }],
    [{ pushedAt: Number.POSITIVE_INFINITY }, {}],
  ]
  for (const [said, expected] of CASES) {
    it(`of ${JSON.stringify(said)}`, () => assert.deepEqual(factsOf(said), expected))
  }
})

describe('googleFacts', () => {
  it('knows every tag of every digest', () => {
    const facts = googleFacts({
      [A]: { tag: ['1.0.0', 'latest'], timeUploadedMs: '1700000001000', timeCreatedMs: '1700000000000' },
      [B]: { tag: ['0.9.0'], timeUploadedMs: '1600000000000' },
    })
    const ofA = { digest: A, pushedAt: 1_700_000_001_000, createdAt: 1_700_000_000_000 }
    const ofB = { digest: B, pushedAt: 1_600_000_000_000 }
    assert.deepEqual(facts, new Map<string, object>(Object.entries({ '1.0.0': ofA, latest: ofA, '0.9.0': ofB })))
  })

  const HOSTILE: readonly [manifests: unknown, expected: readonly (readonly [string, ListedFacts])[]][] = [
    [undefined, []],
    [null, []],
    ['manifest', []],
    [[1, 2], []],
    [{ [A]: null }, []],
    [{ [A]: { tag: 'a' } }, []],
    [{ [A]: { tag: ['a', '-', 1, null] } }, [['a', { digest: A }]]],
    [{ abc: { tag: ['a'], timeUploadedMs: '5' } }, [['a', { pushedAt: 5 }]]],
    [{ [A]: { tag: ['a'], timeUploadedMs: '-5', timeCreatedMs: '0' } }, [['a', { digest: A }]]],
    [{ [A]: { tag: ['a'], timeUploadedMs: '1e3', timeCreatedMs: '9'.repeat(99) } }, [['a', { digest: A }]]],
    [{ [A]: { tag: ['a'], timeUploadedMs: 5 } }, [['a', { digest: A }]]],
  ]
  for (const [manifests, expected] of HOSTILE) {
    it(`takes no harm from ${JSON.stringify(manifests)?.slice(0, 120)}`, () =>
      assert.deepEqual(googleFacts(manifests), new Map(expected)))
  }
})

it('factsAbout has the later facts of listed tags, and none that are empty', () => {
  const earlier = new Map<string, ListedFacts>(Object.entries({ a: { pushedAt: 1 }, b: { pushedAt: 2 }, c: {} }))
  const later = new Map([
    ['b', { pushedAt: 3 }],
    ['d', { pushedAt: 4 }],
  ])
  const about = factsAbout(new Set(['a', 'b', 'c']), earlier, later)
  assert.deepEqual(about, new Map(Object.entries({ a: { pushedAt: 1 }, b: { pushedAt: 3 } })))
})
