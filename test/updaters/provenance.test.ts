import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../src/image/repository.js'
import type { Selection } from '../../src/jobs/payloads.js'
import type { Change } from '../../src/updaters/commit-message.js'
import { type AskProvenance, provenanceOf } from '../../src/updaters/provenance.js'
import type { UpdateTarget } from '../../src/updaters/target.js'
import { manualClock } from '../parts/manual-clock.js'

const DIGEST = `sha256:${'1'.repeat(64)}`
const { signal } = new AbortController()

function target(names: readonly string[]): UpdateTarget {
  const policies = names.map((name) => ({
    name,
    image: name,
    repository: parseRepository(name),
    rule: '*',
    writesTo: () => true,
    downgrade: 'never' as const,
    policy: { compare: () => 0 },
    digest: 'none' as const,
    tellsStanding: false,
  }))
  return { git: 'fleet', branch: 'main', author: { name: 'a', email: 'b' }, policies, otherPolicies: new Set() }
}

function change(policy: string, to: string): Change {
  return { policy, image: policy, file: 'a.yaml', line: 1, from: '1.0.0', to }
}

function selection(tag: string, digest?: string): Selection {
  return { version: 1, repository: 'docker.io/library/app', rule: '*', tag, digest, firstSeenAt: 0 }
}

/** Asks for what `changes` write, all by the same selection, and tells who was asked. */
async function asked(changes: readonly Change[], selected: Selection, answer?: AskProvenance) {
  const asks: string[] = []
  const ask: AskProvenance = (repository, digest, within) => {
    asks.push(`${repository.path}@${digest}`)
    return answer?.(repository, digest, within) ?? Promise.resolve({ revision: repository.path })
  }
  const names = [...new Set(changes.map(({ policy }) => policy))]
  const selections = new Map(names.map((name) => [name, selected]))
  const options = { target: target(names), ask, clock: manualClock() }
  return { asks, found: await provenanceOf(changes, selections, options, signal) }
}

describe('learns where images come from', () => {
  const WRITTEN: readonly [name: string, to: string, selected: Selection, asks: number][] = [
    ['by the digest of a tag', '1.1.0', selection('1.1.0', DIGEST), 1],
    ['by a digest', DIGEST, selection('1.1.0', DIGEST), 1],
    ['by both', `1.1.0@${DIGEST}`, selection('1.1.0', DIGEST), 1],
    ['not of a tag that was selected since', '1.1.0', selection('1.2.0', DIGEST), 0],
    ['not without a digest', '1.1.0', selection('1.1.0'), 0],
  ]
  for (const [name, to, selected, count] of WRITTEN) {
    it(name, async () => {
      const { asks, found } = await asked([change('app', to), change('app', to)], selected)
      assert.deepEqual(asks, count === 0 ? [] : [`library/app@${DIGEST}`])
      assert.equal(found.get('app')?.revision, count === 0 ? undefined : 'library/app')
    })
  }

  it('of ten at most, and of none where there are more', async () => {
    const changes = Array.from({ length: 11 }, (_, index) => change(`app-${index}`, '1.1.0'))
    assert.equal((await asked(changes.slice(1), selection('1.1.0', DIGEST))).asks.length, 10)
    assert.equal((await asked(changes, selection('1.1.0', DIGEST))).asks.length, 0)
  })

  it('of the others where one fails', async () => {
    const fail: AskProvenance = ({ path }) =>
      path.endsWith('a') ? Promise.reject(new Error('429')) : Promise.resolve({})
    const { found } = await asked([change('a', '1.1.0'), change('b', '1.1.0')], selection('1.1.0', DIGEST), fail)
    assert.deepEqual([...found.keys()], ['b'])
  })
})

/** Waits for its signal. */
const hang: AskProvenance = (_repository, _digest, within) =>
  new Promise((_resolve, reject) => {
    within.addEventListener('abort', () => reject(within.reason))
  })

it('waits five seconds, and no longer', async () => {
  const clock = manualClock()
  const options = { target: target(['app']), ask: hang, clock }
  const selections = new Map([['app', selection('1.1.0', DIGEST)]])
  const found: ReadonlyMap<string, unknown>[] = []
  provenanceOf([change('app', '1.1.0')], selections, options, signal).then((known) => found.push(known))
  await clock.advance(4_999)
  assert.equal(found.length, 0)
  await clock.advance(1)
  assert.deepEqual(found, [new Map()])
})

it('rejects with the reason of the signal', async () => {
  const stopping = new AbortController()
  const reason = new Error('stopped')
  const options = { target: target(['app']), ask: hang, clock: manualClock() }
  const selections = new Map([['app', selection('1.1.0', DIGEST)]])
  const finding = provenanceOf([change('app', '1.1.0')], selections, options, stopping.signal)
  stopping.abort(reason)
  await assert.rejects(finding, reason)
})
