import { repositoryKey } from '../../image/repository.js'
import { isReleased, type TakenBackTimes } from '../../jobs/holds.js'
import type { Clock } from '../../lifecycle/clock.js'
import { formatInstant } from '../../policies/time-text.js'
import { oneLine } from '../../telemetry/one-line.js'
import { GitError } from '../git/errors.js'
import type { GitRepository, Oid, PastCommit, Person, Snapshot } from '../git/repository.js'
import type { JudgedPlace, Known } from '../judgement.js'
import type { PlaceIndex } from '../place-index.js'
import type { ScannedFile } from '../scan.js'
import type { UpdateTarget } from '../target.js'
import { releaseTrailer } from '../trailers.js'
import { type DueValue, dueValues } from './due-value.js'
import { type Past, pastOf } from './past.js'
import { pastFiles } from './past-files.js'
import { type PastFile, type ReadFileAt, type TakenBack, takenBack } from './taken-back.js'

/** Knows from the history of a branch which tags people took back. */
export interface Reverts {
  /**
   * Of places that are due, those at which the value was written by a commit of ours and taken back since, and what to tell of
   * it. Where nothing is due, or all of it was answered for this very commit, nothing is asked of anybody. Throws `GitError`.
   */
  among(due: readonly JudgedPlace[], look: Look, signal: AbortSignal): Promise<ReadonlyMap<JudgedPlace, string>>
}

/** A look at the branch. */
export interface Look {
  readonly snapshot: Snapshot
  readonly scanned: readonly ScannedFile[]
  readonly known: Known
}

export interface RevertsOptions {
  readonly repository: Pick<GitRepository, 'history' | 'readCommit' | 'readTree' | 'readBlobs'>
  readonly index: PlaceIndex
  readonly target: UpdateTarget
  /** What YAML paths are looked for in a file. */
  readonly pathsIn?: (path: string) => readonly string[]
  /** How far back from the newest commit one of ours is looked for; 0: not at all. */
  readonly withinMs: number
  readonly clock: Clock
  /** The history does not go back that far. Told once, though how far it goes may change. */
  readonly onShortened?: (shortened: { readonly git: string; readonly branch: string; readonly reason: string }) => void
}

export function createReverts(options: RevertsOptions): Reverts {
  const { repository, index, target, pathsIn = () => [], withinMs, clock, onShortened } = options
  const files = pastFiles(repository, index, pathsIn)
  /** Of what was due at the last look. */
  let answers: ReadonlyMap<string, Answer> = new Map()
  let isTold = false

  async function readPast(snapshot: Snapshot, signal: AbortSignal): Promise<RecentPast> {
    // While nobody commits, nothing is forgotten, and a clock of ours that is ahead makes nothing older.
    const newest = (await repository.readCommit(snapshot.commit, { signal })).time * 1000
    const since = Math.min(clock.now(), newest) - withinMs
    const history = await repository.history(snapshot, { since, signal })
    const { shortened } = history
    if (shortened !== undefined && !isTold) onShortened?.({ git: target.git, branch: target.branch, reason: shortened })
    isTold = shortened !== undefined
    return { past: pastOf(history), since, shortened }
  }

  function reading(value: DueValue, names: readonly string[], signal: AbortSignal): ReadFileAt {
    const { countIn, isNamedIn, file } = value
    const known = new Map<Oid, Promise<PastFile | undefined>>()
    const read = async (commit: PastCommit) => {
      const found = await files.read(commit, file, signal)
      return { count: countIn(found, names), isNamed: isNamedIn(found), ...(found !== undefined && { oid: found.oid }) }
    }
    return (commit) => {
      const reads = known.get(commit.oid) ?? read(commit).catch(unlessUnavailable)
      known.set(commit.oid, reads)
      return reads
    }
  }

  async function answer(
    value: DueValue,
    head: ScannedFile,
    { past, since, shortened }: RecentPast,
    commit: Oid,
    signal: AbortSignal,
  ): Promise<Answer> {
    const before = answers.get(keyOf(value))
    const repository = repositoryKey(value.policy.repository)
    const names = formerNames(past, repository, target)
    const ask = (about: DueValue, moves: number, by?: Oid): Promise<TakenBack | undefined> => {
      const question = {
        policy: value.policy.name,
        repository,
        file: value.file,
        head: commit,
        count: () => about.countIn(head, names),
        means: about.means,
        isOld: value.firstSeenAt < since,
        takenBackBy: by,
        after: async (text: string) => {
          const next = moves < MOST_MOVES ? about.of(text) : undefined
          return next && ask(next, moves + 1)
        },
      }
      return takenBack(past, question, reading(about, names, signal))
    }
    const taken = await ask(value, 0, before?.blob === head.oid ? before.by : undefined)
    const found = (await isOtherwise(value, taken, names, signal)) ? undefined : taken
    const reason = found && reasonOf(value, found, target.author, shortened)
    // What cannot be told now may be told at the next look.
    const isFinal = found === undefined || found.by !== undefined
    const by = found?.by
    // Somebody's clock may be ahead of the one by which it is released.
    const isKnown = before !== undefined && before.by === by?.oid
    const takenBackAt = isKnown ? before.takenBackAt : Math.min((by?.time ?? 0) * 1000, clock.now())
    const ours = past.updates.get(repository)?.find(({ updates }) => updates.some(({ to }) => value.means(to)))
    const times = { takenBackAt, writtenAt: (ours?.commit.time ?? 0) * 1000 }
    return { commit: isFinal ? commit : undefined, blob: head.oid, by: by?.oid, ...times, reason }
  }

  /**
   * Whether what is missing was not taken back as such: the whole file was deleted and is there anew, or a digest is missing since
   * the tag was taken back that somebody has written again.
   */
  async function isOtherwise(
    value: DueValue,
    taken: TakenBack | undefined,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    if (taken?.by === undefined) return false
    const read = files.read(taken.by, value.file, signal).then((file) => ({ file }))
    const then = await read.catch(unlessUnavailable)
    if (then === undefined) return false
    const { file } = then
    if (file === undefined) return true
    return value.isDigestOnly && value.countTagIn(file, names) === value.countIn(file, names)
  }

  return {
    async among(due, { snapshot, scanned, known }, signal) {
      const values = dueValues(due, target, known)
      const isAnswered = (value: DueValue) => answers.get(keyOf(value))?.commit === snapshot.commit
      if (values.length === 0 || withinMs === 0) answers = new Map()
      else if (!values.every(isAnswered)) {
        const recent = await readPast(snapshot, signal)
        const heads = new Map(scanned.map((file) => [file.path, file]))
        // At once, so that what they read is fetched together.
        const answering = values.map(async (value) => {
          const head = heads.get(value.file)
          return head && ([keyOf(value), await answer(value, head, recent, snapshot.commit, signal)] as const)
        })
        answers = new Map((await Promise.all(answering)).flatMap((entry) => (entry === undefined ? [] : [entry])))
      }
      const held = values.flatMap((value) => {
        const answered = answers.get(keyOf(value))
        if (answered?.reason === undefined) return []
        const { reason } = answered
        if (isReleased(value.value.tag, known.holds?.get(value.policy.name), answered)) return []
        return value.places.map((place) => [place, reason] as const)
      })
      return new Map(held)
    },
  }
}

/** So many updates of ours in a row are followed to what was taken back at last. */
const MOST_MOVES = 10

/** So many names that a policy may have had are tried. */
const MOST_NAMES = 20

/** Of policies of the same repository that are not there any more. */
function formerNames(past: Past, repository: string, { policies, otherPolicies }: UpdateTarget): readonly string[] {
  const names = new Set(
    (past.updates.get(repository) ?? []).flatMap(({ updates }) => updates.map(({ policy }) => policy)),
  )
  for (const { name } of policies) names.delete(name)
  for (const name of otherPolicies) names.delete(name)
  return [...names].slice(0, MOST_NAMES)
}

interface RecentPast {
  readonly past: Past
  /** How far back was asked for, in milliseconds since the Unix epoch. */
  readonly since: number
  /** Why it does not go back as far as was asked for. */
  readonly shortened: string | undefined
}

interface Answer extends TakenBackTimes {
  /** The newest commit that it goes by. Absent where it is not final. */
  readonly commit: Oid | undefined
  /** What the file had then. */
  readonly blob: Oid
  readonly by: Oid | undefined
  /** Absent where the value may be written. */
  readonly reason: string | undefined
}

function keyOf({ policy, file, value: { tag, digest }, isDigestOnly }: DueValue): string {
  return JSON.stringify([policy.name, file, tag, digest, isDigestOnly])
}

/** Not every server gives what is not part of a branch now. What fails otherwise keeps the branch from being written. */
function unlessUnavailable(thrown: unknown): undefined {
  if (thrown instanceof GitError && (thrown.code === 'UNSUPPORTED' || thrown.code === 'STATE')) return undefined
  throw thrown
}

const LONGEST_NAME = 60

function reasonOf(
  { policy, value: { tag, digest }, isDigestOnly }: DueValue,
  { by }: TakenBack,
  us: Person,
  shortened?: string,
): string {
  const value = tag ?? digest ?? ''
  const remedy = `write it back, or commit "${releaseTrailer({ policy: policy.name, value })}"`
  const what = isDigestOnly ? `the digest of ${value}` : value
  if (by !== undefined) return `${what} was taken back by ${described(by, us)}: ${remedy}`
  const why = shortened === undefined ? '' : ` (${shortened})`
  return oneLine(`${what} was written and taken back, the history does not tell by whom${why}: ${remedy}`)
}

function described({ oid, author, committer, time }: PastCommit, us: Person): string {
  // Who amends a commit of ours, or squashes it, is not its author.
  const person = author.email === us.email ? committer : author
  const name = oneLine([...(person.name || person.email || 'somebody')].slice(0, LONGEST_NAME).join(''))
  return `commit ${oid.slice(0, 7)} of ${name} on ${formatInstant(time * 1000).slice(0, 10)}`
}
