import type { Oid, PastCommit } from '../../../src/updaters/git/repository.js'
import type { ReadFileAt } from '../../../src/updaters/reverts/taken-back.js'

/** A commit of a made-up history: who has no parents named comes after the one before it. */
export interface MadeCommit {
  readonly id: string
  readonly message?: string
  readonly parents?: readonly string[]
  /** At how many places of the file the value stands. Default: as in its first parent. */
  readonly count?: number
}

export interface MadeHistory {
  /** The newest first. */
  readonly commits: readonly PastCommit[]
  readonly head: Oid
  readonly readAt: ReadFileAt
  /** The commits that were looked into, by their names. */
  readonly looks: string[]
  /** How many stand in the newest commit. */
  readonly count: number
}

export const oidOf = (id: string) => Buffer.from(id).toString('hex').padEnd(40, '0')

/** Makes a history of commits, the oldest first. */
export function madeHistory(made: readonly MadeCommit[]): MadeHistory {
  const counts = new Map<Oid, number>()
  const looks: string[] = []
  const commits = made.map(({ id, message = 'Change', parents, count }, index): PastCommit => {
    const names =
      parents ??
      made
        .slice(0, index)
        .slice(-1)
        .map((before) => before.id)
    const oids = names.map(oidOf)
    counts.set(oidOf(id), count ?? counts.get(oids[0] ?? '') ?? 0)
    const person = { name: `Author of ${id}`, email: `${id}@example.com` }
    return {
      oid: oidOf(id),
      tree: oidOf(`tree of ${id}`),
      parents: oids,
      author: person,
      committer: person,
      time: index,
      message,
    }
  })
  const head = commits.at(-1)?.oid ?? ''
  return {
    commits: commits.toReversed(),
    head,
    looks,
    count: counts.get(head) ?? 0,
    async readAt({ oid }) {
      looks.push(Buffer.from(oid, 'hex').toString().replaceAll('\0', ''))
      const count = counts.get(oid)
      return count === undefined ? undefined : { count, isNamed: count > 0, oid: oidOf(`${count} times`) }
    },
  }
}
