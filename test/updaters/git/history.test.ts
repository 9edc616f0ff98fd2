import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { History, Oid } from '../../../src/updaters/git/repository.js'
import { removeFolder } from '../../parts/folder.js'
import { git } from '../../parts/git-server.js'
import { ENGINES, type Engine, never, type Scene, startScene } from './scene.js'

/** Seconds since the Unix epoch. */
const now = 1_800_000_000

for (const engine of ENGINES) describe(`the history by the engine "${engine}"`, () => histories(engine))

function histories(engine: Engine): void {
  let scene: Scene
  before(async () => {
    scene = await startScene({ engine })
  })
  beforeEach(() => removeFolder(scene.folder))
  afterEach(() => {
    scene.server.before = () => undefined
  })
  after(() => scene.stop())

  let made = 0
  /** A branch of its own, made of these commits. */
  async function branchOf(graph: Graph): Promise<{ branch: string; oids: ReadonlyMap<string, Oid> }> {
    const branch = `branch-${++made}`
    return { branch, oids: await importGraph(scene.path, branch, graph) }
  }
  async function historyOf(branch: string, since = 0, repository = scene.open()): Promise<History> {
    const snapshot = await repository.head(branch, never)
    return repository.history(snapshot, { since: since * 1000, ...never })
  }

  const graphs: [string, Graph][] = [
    ['one commit', [['a', [], now]]],
    ['a line', line(30)],
    [
      'a merge',
      [
        ['a', [], now],
        ['b', ['a'], now + 1],
        ['c', ['a'], now + 2],
        ['d', ['b', 'c'], now + 3],
      ],
    ],
  ]
  for (const [name, graph] of graphs)
    test(`is that of Git of ${name}`, async () => {
      const { branch } = await branchOf(graph)
      const { commits, shortened } = await historyOf(branch)
      assert.equal(shortened, undefined)
      assert.deepEqual(
        commits.map(({ oid }) => oid),
        await revList(scene.path, branch),
      )
    })
}

/** Name, parents, seconds; parents first. */
type Graph = readonly (readonly [string, readonly string[], number])[]

function line(count: number): Graph {
  return Array.from({ length: count }, (_, at) => [`c${at}`, at === 0 ? [] : [`c${at - 1}`], now + at * 60] as const)
}

async function revList(path: string, branch: string, ...options: string[]): Promise<string[]> {
  const printed = await git(path, ['rev-list', '--date-order', ...options, branch])
  return printed
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

/** One git-fast-import(1) however many commits. Each has a file of its name. */
async function importGraph(path: string, branch: string, graph: Graph): Promise<ReadonlyMap<string, Oid>> {
  const marks = new Map(graph.map(([name], at) => [name, at + 1]))
  const parts: string[] = []
  for (const [name, [first, ...merged], seconds] of graph) {
    parts.push(`commit refs/heads/${branch}\nmark :${marks.get(name)}\n`)
    parts.push(`committer Somebody <somebody@example.com> ${seconds} +0000\ndata ${name.length}\n${name}\n`)
    if (first !== undefined) parts.push(`from :${marks.get(first)}\n`)
    for (const oid of merged) parts.push(`merge :${marks.get(oid)}\n`)
    parts.push(`M 100644 inline file.txt\ndata ${name.length}\n${name}\n`)
    if (first === undefined) parts.push('')
  }
  for (const [name] of graph) parts.push(`get-mark :${marks.get(name)}\n`)
  const oids = (await git(path, ['fast-import', '--quiet', '--force'], { input: parts.join('') }))
    .toString()
    .split('\n')
  return new Map(graph.map(([name], at) => [name, oids[at] ?? '']))
}
