import type { Oid, PastCommit } from '../git/repository.js'
import type { Past } from './past.js'

/** A value that is about to be written to the places of one file. */
export interface Question {
  readonly policy: string
  /** Canonical. */
  readonly repository: string
  readonly file: string
  /** The newest commit of the branch. */
  readonly head: Oid
  /** At how many places of the file the value stands there. Asked only where there is something to compare it with. */
  readonly count: () => number
  /** Whether a tag, a digest or both mean the value. */
  readonly means: (text: string) => boolean
  /** Whether it was selected before the history begins: then it may have been written before, too. */
  readonly isOld: boolean
  /** Who had taken it away when the file was last looked at, if it is since as it was then. */
  readonly takenBackBy?: Oid | undefined
  /** Asks the same about the value, by its text, to which a commit of ours went on from this one, if it is newer. */
  readonly after: (text: string) => Promise<TakenBack | undefined>
}

export interface TakenBack {
  /** Who took it away. Absent where that cannot be told: the history does not go back far enough, or its files cannot be had. */
  readonly by?: PastCommit
}

/** The file as it was in a commit. Undefined where the server does not give what is needed to tell. */
export type ReadFileAt = (commit: PastCommit) => Promise<PastFile | undefined>

export interface PastFile {
  /** At how many places the value stood. */
  readonly count: number
  /** Whether it stood anywhere, be it a place that others write to. */
  readonly isNamed: boolean
  /** Of its bytes. Absent where there was no such file. */
  readonly oid?: Oid
}

/**
 * Whether a value was written to the file by a commit of ours and taken back since by one that is not. What counts is what stood
 * in the file then and now: however somebody took it back, and whatever their message says. Undefined where nobody did, or
 * somebody has released the value.
 *
 * Messages tell where to look, and may be forged; they can keep a value from being written, and never have one written that was
 * not selected.
 */
export async function takenBack(past: Past, question: Question, readAt: ReadFileAt): Promise<TakenBack | undefined> {
  const writing = (await lastWriting(past, question, readAt)) ?? (await standingBefore(past, question, readAt))
  if (writing === undefined) return reverted(past, question, readAt)
  if (question.count() >= writing.count) return undefined
  const lacks = async (commit: PastCommit) => {
    const file = await readAt(commit)
    return file && file.count < writing.count
  }
  const by = writing.isUndone ? writing.commit : await takingBack(past, question, writing.commit, lacks)
  const text = by === undefined || by === writing.commit ? undefined : ourMove(past, question, by)
  // Whoever takes back the newer one that we went on to, and goes back beyond this value, does not want it either.
  const found = text === undefined ? { ...(by !== undefined && { by }) } : await question.after(text)
  return found === undefined || isReleased(past, question, found.by ?? writing.commit) ? undefined : found
}

/** So many reverts are looked into. */
const MOST_REVERTS = 5

/**
 * Who wrote a value before the history begins, or to a file that was moved since, is not known; that it was taken back by
 * `git revert` is decision enough.
 */
async function reverted(past: Past, question: Question, readAt: ReadFileAt): Promise<TakenBack | undefined> {
  const { repository, means } = question
  const writings = past.updates.get(repository)?.filter(({ updates }) => updates.some(({ to }) => means(to))) ?? []
  const ours = new Set(writings.map(({ commit }) => commit.oid))
  const reverts = past.reverts.filter(({ of }) => of.some((oid) => ours.has(oid) || past.find(oid) === undefined))
  for (const { commit: by } of reverts.slice(0, MOST_REVERTS)) {
    const parent = past.find(by.parents[0])
    const [file, before] = await Promise.all([readAt(by), parent && readAt(parent)])
    if (file === undefined || before === undefined || file.count >= before.count) continue
    if (question.count() < before.count) return isReleased(past, question, by) ? undefined : { by }
  }
  return undefined
}

interface Writing {
  readonly commit: PastCommit
  readonly count: number
  /** The commit has its own opposite: a squash of an update and of what took it back, or an update that somebody amended. */
  readonly isUndone: boolean
}

/** So many commits that may have written to the file are looked into. With the usual messages the first one did. */
const MOST_WRITINGS = 100

async function lastWriting(past: Past, question: Question, readAt: ReadFileAt): Promise<Writing | undefined> {
  let looks = 0
  for (const { commit, updates, mentionOf } of past.updates.get(question.repository) ?? []) {
    const written = updates.filter(({ to }) => question.means(to))
    const mention = written.length === 0 ? 'others' : mentionOf(question.file, written)
    if (mention === 'others') continue
    if (++looks > MOST_WRITINGS) return undefined
    const parent = past.find(commit.parents[0])
    const [file, before] = await Promise.all([readAt(commit), parent && readAt(parent)])
    // The message is all that there is.
    if (file === undefined) return { commit, count: 1, isUndone: false }
    const { count, oid, isNamed } = file
    if (count > (before?.count ?? 0)) return { commit, count, isUndone: false }
    const isAsBefore = oid !== undefined && oid === before?.oid
    const isUndone = mention === 'file' && count === 0 && oid !== undefined && (isAsBefore || !isNamed)
    if (isUndone) return { commit, count: 1, isUndone }
  }
  return undefined
}

/** Of a value that stood in the file when the history begins, who wrote it is not known. */
async function standingBefore(past: Past, { head, isOld }: Question, readAt: ReadFileAt): Promise<Writing | undefined> {
  const newest = isOld ? past.find(head) : undefined
  const commit = newest && firstParents(past, newest).at(-1)
  const { count = 0 } = (commit && (await readAt(commit))) ?? {}
  return commit === undefined || count === 0 ? undefined : { commit, count, isUndone: false }
}

type Lacks = (commit: PastCommit) => Promise<boolean | undefined>

/** More merges than that are not followed to the commit that they brought in: then the merge is told. */
const DEEPEST_MERGE = 10

/** The commit since which the value is missing: the last one, as far as it can be told with few looks. */
async function takingBack(
  past: Past,
  { head, takenBackBy }: Question,
  writing: PastCommit,
  lacks: Lacks,
): Promise<PastCommit | undefined> {
  const later = past.descendantsOf(writing)
  if (takenBackBy !== undefined && later.has(takenBackBy)) return past.find(takenBackBy)
  let from = later.has(head) ? past.find(head) : undefined
  let found: PastCommit | undefined
  for (let depth = 0; from !== undefined && depth < DEEPEST_MERGE; depth++) {
    found = await lastThatLacks(firstParents(past, from, later), lacks)
    from = undefined
    // A merge that lacks it may have it from a branch on which somebody took it back.
    for (const oid of found?.parents.slice(1) ?? []) {
      const parent = later.has(oid) ? past.find(oid) : undefined
      if (from === undefined && parent !== undefined && (await lacks(parent))) from = parent
    }
  }
  return found
}

/** A commit and what the branch was at before, as long as that is one of `later`. */
function firstParents(past: Past, start: PastCommit, later?: ReadonlySet<Oid>): readonly PastCommit[] {
  const line: PastCommit[] = []
  for (let commit: PastCommit | undefined = start; commit !== undefined && (later?.has(commit.oid) ?? true); ) {
    line.push(commit)
    commit = past.find(commit.parents[0])
  }
  return line
}

/**
 * Of a line of commits of which the first one lacks it, one that does and whose parent has it. It is most probably near the
 * first one, so that is where the steps are small.
 */
async function lastThatLacks(line: readonly PastCommit[], lacks: Lacks): Promise<PastCommit | undefined> {
  let low = 0
  let high = line.length
  for (let at = 1; at < high; at *= 2) {
    const step = await stepTo(at)
    if (step === undefined) return undefined
    if (step) low = at
    else high = at
  }
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    const step = await stepTo(middle)
    if (step === undefined) return undefined
    if (step) low = middle
    else high = middle
  }
  return line[low]

  async function stepTo(at: number): Promise<boolean | undefined> {
    const commit = line[at]
    return commit === undefined ? undefined : lacks(commit)
  }
}

/** To what a commit of ours went from the value, as to a newer one, or where a policy held it for a while. */
function ourMove(past: Past, { policy, repository, means }: Question, { oid }: PastCommit): string | undefined {
  const ours = past.updates.get(repository)?.find(({ commit }) => commit.oid === oid)
  const moves = ours?.updates.filter(({ from, to }) => means(from) && !means(to)) ?? []
  return (moves.find((move) => move.policy === policy) ?? moves[0])?.to
}

function isReleased(past: Past, { policy, means }: Question, since: PastCommit): boolean {
  return past.releases.some(
    ({ commit, releases }) =>
      past.isBefore(commit, since) && releases.some((release) => release.policy === policy && means(release.value)),
  )
}
