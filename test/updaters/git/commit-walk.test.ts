import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endsOf, walkCommits } from '../../../src/updaters/git/commit-walk.js'
import type { Oid, PastCommit } from '../../../src/updaters/git/repository.js'

const nobody = { name: '', email: '' }

function commit(oid: Oid, parents: readonly Oid[], time: number): PastCommit {
  return { oid, parents, time, tree: '', author: nobody, committer: nobody, message: '' }
}

function walk(commits: readonly PastCommit[], { since = 0, maxCommits = 1_000 } = {}) {
  const here = new Map(commits.map((each) => [each.oid, each]))
  return walkCommits(commits[0]?.oid ?? 'tip', { since, maxCommits, read: async (oid) => here.get(oid) })
}

/** The newest first; each is the parent of the one before. */
function line(count: number, timeOf = (at: number) => count - at): PastCommit[] {
  return Array.from({ length: count }, (_, at) => commit(`c${at}`, at < count - 1 ? [`c${at + 1}`] : [], timeOf(at)))
}

const oidsOf = (commits: readonly PastCommit[]) => commits.map(({ oid }) => oid)

test('a walk has every commit that can be reached, each once and before its parents', async () => {
  // Each has parents among those after it.
  const graphs = fc.array(fc.tuple(fc.array(fc.nat(6), { maxLength: 3 }), fc.nat(20)), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(graphs, async (shapes) => {
      const graph = shapes.map(([steps, time], at) => {
        const parents = steps.map((step) => at + 1 + step).filter((parent) => parent < shapes.length)
        return commit(
          `c${at}`,
          [...new Set(parents)].map((parent) => `c${parent}`),
          time,
        )
      })
      const { commits, gaps, isCut } = await walk(graph)
      const places = new Map(commits.map(({ oid }, at) => [oid, at]))
      assert.equal(places.size, commits.length)
      assert.deepEqual([...places.keys()].sort(), [...reachable(graph)].sort())
      for (const { oid, parents } of commits)
        for (const parent of parents) assert.ok((places.get(oid) ?? 0) < (places.get(parent) ?? 0))
      assert.deepEqual([gaps, isCut], [[], false])
    }),
  )
})

test('a walk is cut to the newest', async () => {
  const { commits, isCut } = await walk(line(30), { maxCommits: 10 })
  assert.deepEqual(oidsOf(commits), oidsOf(line(30)).slice(0, 10))
  assert.ok(isCut)
  assert.ok(!(await walk(line(10), { maxCommits: 10 })).isCut)
})

test('a walk tells where commits are missing that were asked for', async () => {
  const [a, b] = [commit('a', ['b', 'x'], 9), commit('b', ['y'], 4)]
  const cases: [readonly PastCommit[], number, readonly Oid[]][] = [
    [[a, b], 0, ['a', 'b']],
    [[a, b], 5, ['a']],
    // Too old by a wrong clock, perhaps.
    [[a, b], 10, ['a', 'b']],
    [[...line(9).slice(0, 8)], 10, ['c7']],
    [[...line(10).slice(0, 9)], 10, []],
    [[], 0, ['tip']],
  ]
  for (const [commits, since, gaps] of cases) assert.deepEqual((await walk(commits, { since })).gaps, gaps)
})

test('a walk passes a few commits that are older than asked for, and not many', async () => {
  const newer = (oldest: number) => (at: number) => (at > 0 && at <= oldest ? 1 : 100)
  assert.equal((await walk(line(300, newer(200)), { since: 50 })).commits.length, 300)
  assert.equal((await walk(line(300, newer(260)), { since: 50 })).commits.length, 1)
  const read: Oid[] = []
  const long = new Map(line(2_000).map((each) => [each.oid, each]))
  await walkCommits('c0', {
    since: 1_950,
    maxCommits: 1e6,
    read: async (oid) => long.get(read[read.push(oid) - 1] ?? ''),
  })
  assert.ok(read.length < 400, `read ${read.length}`)
})

test('a part of a history ends where parents follow that were not looked at', async () => {
  const { visited } = await walk([commit('a', ['b', 'c'], 3), commit('b', ['c'], 2), commit('c', ['x'], 1)])
  assert.deepEqual(endsOf(visited), ['c'])
  assert.deepEqual(endsOf((await walk(line(30), { maxCommits: 5 })).visited), ['c4'])
})

function reachable(graph: readonly PastCommit[]): Set<Oid> {
  const parents = new Map(graph.map((each) => [each.oid, each.parents]))
  const found = new Set<Oid>()
  for (const pending: Oid[] = ['c0']; pending.length > 0; ) {
    const oid = pending.pop() ?? ''
    if (found.has(oid)) continue
    found.add(oid)
    pending.push(...(parents.get(oid) ?? []))
  }
  return found
}
