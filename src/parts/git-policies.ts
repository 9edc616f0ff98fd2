import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Configuration, PoliciesFromConfig } from '../config/configuration.js'
import { ConfigError } from '../config/errors.js'
import { namedFiles, type PolicySource, rootName, sourceKey } from '../config/policy-source.js'
import { ofFile } from '../config/source.js'
import { reasonOf } from '../error.js'
import { type Clock, sleep } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { startWheel } from '../lifecycle/wheel.js'
import type { Events } from '../telemetry/events.js'
import { type FilesAt, readFilesAt } from '../updaters/files-at.js'
import { openGitRepository } from '../updaters/git/open.js'
import type { GitOperation } from '../updaters/git/operations.js'
import { writeAtomically } from '../updaters/git/write-atomically.js'

export type ReadConfiguration = (sources: readonly PolicySource[]) => Promise<Configuration>

/** A configuration, and why not all of it is the newest: a commit is refused, and what stood there before is taken. */
export interface LoadedConfiguration {
  readonly configuration: Configuration
  readonly refused?: ConfigError
}

/** The policies that are read from Git: the newest, and the last that were in order, which outlast the process. */
export interface GitPolicies extends Component {
  /** Looks at where a configuration says from now on. Resolves when all were looked at once, or after a while. */
  follow(configuration: Configuration): Promise<void>
  /**
   * Reads the policy files with the newest policies from Git, or with those before where a commit has a fault. Throws
   * `ConfigError` where the fault is elsewhere.
   */
  load(read: ReadConfiguration): Promise<LoadedConfiguration>
  /** Looks at a branch now that somebody has pushed to; false where no policies are read from it. */
  pushed(git: string, branch: string): boolean
}

export interface GitPoliciesOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly events: Pick<Events, 'configRefused' | 'gitOperated' | 'warned'>
  /** There are other policies, or the same again after a failure. */
  readonly onNews: () => void
}

/** How long a start waits for Git servers: what was in order last is in the state. */
const FIRST_LOOK_MS = 20_000

/** One entry of `policiesFrom`. */
interface Followed {
  readonly from: PoliciesFromConfig
  readonly intervalMs: number
  /** Where the good one is kept. */
  readonly file: string
  readonly terms: string
  readonly read: (known: string | undefined, signal: AbortSignal) => ReturnType<typeof readFilesAt>
  newest?: PolicySource | undefined
  good?: PolicySource | undefined
  /** The commit that was read last. */
  seen?: string
  /** Why it cannot be read; told once. */
  trouble?: string | undefined
  looking?: Promise<void>
  again?: boolean
}

export function followGitPolicies({ clock, random, events, onNews }: GitPoliciesOptions): GitPolicies {
  let followed: readonly Followed[] = []
  const stopping = new AbortController()
  const wheel = startWheel([], clock, random)

  return {
    async follow(configuration) {
      const before = new Map(followed.map((one) => [one.terms, one]))
      const next = configuration.policiesFrom.flatMap((from) => {
        const onOperation = (operation: GitOperation) => events.gitOperated({ git: from.git, ...operation })
        const opened = open(from, configuration, clock, onOperation)
        return opened === undefined ? [] : [before.get(opened.terms) ?? opened]
      })
      const added = next.filter(({ terms }) => !before.has(terms))
      for (const one of added) one.good = one.newest = await restored(one)
      followed = next
      wheel.take(followed.map((one) => ({ key: one.terms, intervalMs: one.intervalMs, run: () => void look(one) })))
      const looks = Promise.all(added.map(look))
      const waited = new AbortController()
      await Promise.race([looks, sleep(clock, FIRST_LOOK_MS, waited.signal).catch(() => {})])
      waited.abort()
    },
    async load(read) {
      const newest = followed.flatMap((one) => one.newest ?? [])
      const kept = followed.map((one) => ({ one, source: one.newest }))
      try {
        const configuration = await read(newest)
        for (const { one, source } of kept) await keep(one, source)
        return { configuration }
      } catch (error) {
        const others = followed.flatMap((one) => (isBlamed(one, error) ? (one.good ?? []) : (one.newest ?? [])))
        if (!(error instanceof ConfigError) || isDeepStrictEqual(others, newest)) throw error
        return { configuration: await read(others), refused: error }
      }
    },
    pushed(git, branch) {
      const there = followed.filter(({ from }) => from.git === git && from.branch === branch)
      for (const one of there) void look(one)
      return there.length > 0
    },
    async stop() {
      stopping.abort()
      await wheel.stop()
      await Promise.all(followed.map(({ looking }) => looking))
    },
  }

  /** One look at a time. One that is wanted during another follows it, for it may have come too late for that. */
  function look(one: Followed): Promise<void> {
    if (one.looking !== undefined) one.again = true
    one.looking ??= lookOften(one).finally(() => {
      delete one.looking
    })
    return one.looking
  }

  async function lookOften(one: Followed): Promise<void> {
    do {
      one.again = false
      await lookOnce(one)
    } while (one.again && !stopping.signal.aborted)
  }

  async function lookOnce(one: Followed): Promise<void> {
    const { from } = one
    try {
      const read = await one.read(one.trouble === undefined ? one.seen : undefined, stopping.signal)
      if (read === undefined) return
      if ('complaint' in read) return tell(one, read.complaint, (reason) => events.configRefused({ reason }))
      const source = sourceOf(from, read)
      const isNews = one.trouble !== undefined || !hasSameFiles(source, one.newest)
      one.trouble = undefined
      one.seen = read.commit
      // Most commits of a repository that has more than policies leave these as they are.
      if (!hasSameFiles(source, one.newest)) one.newest = source
      if (isNews) onNews()
    } catch (error) {
      if (!stopping.signal.aborted) {
        tell(one, reasonOf(error), (message) => events.warned({ git: from.git, message }))
      }
    }
  }

  function tell(one: Followed, complaint: string, say: (reason: string) => void): void {
    const reason = `Cannot read policies from ${JSON.stringify(one.from.path)} in "${one.from.git}": ${complaint}`
    if (one.trouble !== reason) say(reason)
    one.trouble = reason
  }

  async function keep(one: Followed, source: PolicySource | undefined): Promise<void> {
    if (source === undefined || source === one.good) return
    one.good = source
    // Without it, the next start needs the Git server.
    await writeAtomically(one.file, JSON.stringify(one.good)).catch((error) => {
      events.warned({ git: one.from.git, message: `Cannot keep its policies: ${reasonOf(error)}` })
    })
  }
}

/** Reads them once. Throws `GitError`, and `ConfigError` where the newest commit of a branch has no such files. */
export async function readGitPolicies(
  configuration: Configuration,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly PolicySource[]> {
  const sources: PolicySource[] = []
  for (const from of configuration.policiesFrom) {
    const read = await open(from, configuration, clock)?.read(undefined, signal)
    if (read === undefined) continue
    if ('complaint' in read) {
      throw new ConfigError('UNREADABLE', [ofFile(`${from.git}/${from.path}`, `cannot read: ${read.complaint}`)])
    }
    sources.push(sourceOf(from, read))
  }
  return sources
}

function open(
  from: PoliciesFromConfig,
  { git, proxies, state }: Configuration,
  clock: Clock,
  onOperation?: (operation: GitOperation) => void,
): Followed | undefined {
  const config = git[from.git]
  if (config === undefined) return undefined
  const { url, credentials, tls, proxy, intervalMs } = config
  const stateFolder = join(state, 'git')
  const repository = openGitRepository({ url, credentials, tls, proxy, proxies, stateFolder, clock, onOperation })
  const { branch, path } = from
  return {
    from,
    intervalMs,
    file: join(state, 'policies', `${hash('sha256', JSON.stringify([url, branch, path])).slice(0, 32)}.json`),
    terms: hash('sha256', JSON.stringify([from, config, proxies])),
    read: (known, signal) => readFilesAt(repository, { branch, path, namedBy: namedFiles, known, signal }),
  }
}

function sourceOf(from: PoliciesFromConfig, { commit, found, files }: FilesAt): PolicySource {
  return { ...from, commit, policyFiles: found, files }
}

/** Whether a fault is in its newest commit. */
function isBlamed({ newest }: Followed, error: unknown): boolean {
  if (newest === undefined || !(error instanceof ConfigError)) return false
  const folder = `${rootName(newest)}/`
  return error.faults.some(({ file, message }) => file.startsWith(folder) || message.includes(` ${folder}`))
}

function hasSameFiles(one: PolicySource, other: PolicySource | undefined): boolean {
  return isDeepStrictEqual([one.policyFiles, one.files], [other?.policyFiles, other?.files])
}

/** As it was kept, where it is whole and of this entry. */
async function restored({ file, from }: Followed): Promise<PolicySource | undefined> {
  try {
    const source: PolicySource = JSON.parse(await readFile(file, 'utf8'))
    const isWhole = /^[0-9a-f]{40}$/.test(source.commit) && source.policyFiles.every((path) => path in source.files)
    return isWhole && sourceKey(source) === sourceKey(from) ? source : undefined
  } catch {
    return undefined
  }
}
