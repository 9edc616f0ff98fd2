import type { Oid } from '../../../src/updaters/git/repository.js'
import { git } from '../../parts/git-server.js'

export const MINUTE = 60
export const DAY = 24 * 60 * MINUTE
/** Seconds since the Unix epoch. */
export const now = 1_800_000_000

/** Name, parents, seconds; parents first. */
export type Graph = readonly (readonly [string, readonly string[], number])[]

export function line(count: number): Graph {
  return Array.from(
    { length: count },
    (_, at) => [`c${at}`, at === 0 ? [] : [`c${at - 1}`], now + at * MINUTE] as const,
  )
}

export const GRAPHS: Readonly<Record<string, Graph>> = {
  'one commit': [['a', [], now]],
  'a line': line(30),
  'a line within one second': line(30).map(([name, parents]) => [name, parents, now]),
  'a line of falling dates': line(30).map(([name, parents], at) => [name, parents, now - at]),
  'a merge of several': [
    ['a', [], now],
    ['b', ['a'], now + 1],
    ['c', ['a'], now + 2],
    ['d', ['b'], now + 4],
    ['e', ['c'], now + 3],
    ['f', ['a'], now + 5],
    ['g', ['d', 'e', 'f'], now + 6],
  ],
  'a merge of a branch and its own beginning': [
    ['a', [], now],
    ['b', ['a'], now + 1],
    ['c', ['b', 'a'], now + 2],
  ],
  'several roots': [
    ['a', [], now],
    ['b', [], now + 1],
    ['c', ['a', 'b'], now + 2],
    ['d', [], now + 5],
    ['e', ['d'], now + 3],
    ['f', ['c', 'e'], now + 4],
  ],
  'a ladder of merges': ladder(20),
}

/** Each step merges what others did meanwhile with a slow clock. */
function ladder(count: number): Graph {
  const steps = Array.from({ length: count }, (_, at): Graph => {
    const last = at === 0 ? 'begin' : `merge${at - 1}`
    return [
      [`own${at}`, [last], now + at * 10],
      [`other${at}`, [last], now + at * 10 - 35],
      [`merge${at}`, [`own${at}`, `other${at}`], now + at * 10 + 1],
    ]
  })
  return [['begin', [], now - 100], ...steps.flat()]
}

export async function revList(path: string, branch: string, ...options: string[]): Promise<string[]> {
  const printed = await git(path, ['rev-list', '--date-order', ...options, branch])
  return printed
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

/** One git-fast-import(1) however many commits. Each has a file of its name. */
export async function importGraph(path: string, branch: string, graph: Graph): Promise<ReadonlyMap<string, Oid>> {
  const marks = new Map(graph.map(([name], at) => [name, at + 1]))
  const parts: string[] = []
  for (const [name, [first, ...merged], seconds] of graph) {
    parts.push(`commit refs/heads/${branch}\nmark :${marks.get(name)}\n`)
    parts.push(`committer Somebody <somebody@example.com> ${seconds} +0000\ndata ${name.length}\n${name}\n`)
    if (first !== undefined) parts.push(`from :${marks.get(first)}\n`)
    for (const oid of merged) parts.push(`merge :${marks.get(oid)}\n`)
    parts.push(`M 100644 inline file.txt\ndata ${name.length}\n${name}\n`)
  }
  for (const [name] of graph) parts.push(`get-mark :${marks.get(name)}\n`)
  const oids = (await git(path, ['fast-import', '--quiet', '--force'], { input: parts.join('') }))
    .toString()
    .split('\n')
  return new Map(graph.map(([name], at) => [name, oids[at] ?? '']))
}
