/**
 * What updaters ask of one Git repository, without a work tree. Calls throw `GitError` and reject with the signal's reason
 * when it aborts. An engine remembers what it fetched: asking again costs what is new.
 */
export interface GitRepository {
  /**
   * Looks at the branch on the server and fetches what is new. Throws `BRANCH_NOT_FOUND` or `EMPTY_REPOSITORY`.
   * `levels`: how many levels of trees will be read from the root; default: all.
   */
  head(branch: string, options: TreeOptions): Promise<Snapshot>
  /**
   * The entries of one tree of a snapshot or of a commit of its history, in Git's order. What is read at the same time is fetched
   * together. `levels`: how many levels of trees will be read from this one; default: it alone.
   */
  readTree(oid: Oid, options: TreeOptions): Promise<readonly TreeEntry[]>
  /** What the commit of a snapshot says, or one of its history. */
  readCommit(oid: Oid, options: { readonly signal: AbortSignal }): Promise<PastCommit>
  /** The bytes of blobs of a snapshot or of a commit of its history, in any order, each once. */
  readBlobs(oids: readonly Oid[], options: { readonly signal: AbortSignal }): AsyncIterable<Blob>
  /** The commits that a snapshot came from, its own first. What was read before is not fetched again. */
  history(snapshot: Snapshot, options: HistoryOptions): Promise<History>
  /** Makes a commit upon the snapshot. Nothing leaves this machine yet; the same arguments make the same object id. */
  commit(base: Snapshot, changes: readonly FileChange[], details: CommitDetails): Promise<Commit>
  /**
   * Makes the branch of the snapshot that the commit was made upon, or another one, point to it, in one request that names the
   * commit it replaces. Throws `STALE` (retryable) when the branch has moved: fetch, compute again, push again.
   */
  push(commit: Commit, options: PushOptions): Promise<void>
}

export interface TreeOptions {
  readonly signal: AbortSignal
  /** A hint: trees that are not here are fetched with so many levels. Others are fetched when they are read. */
  readonly levels?: number | undefined
}

/** An object id: 40 lower-case hexadecimal digits. */
export type Oid = string

/** A branch as it was when looked at. */
export interface Snapshot {
  readonly branch: string
  readonly commit: Oid
  readonly tree: Oid
}

export interface TreeEntry {
  readonly name: string
  readonly type: 'file' | 'executable' | 'symlink' | 'submodule' | 'tree'
  readonly oid: Oid
}

export interface Blob {
  readonly oid: Oid
  readonly bytes: Uint8Array
}

/** New bytes for a file that exists in the snapshot. Its mode stays. */
export interface FileChange {
  /** From the root, with `/`. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface HistoryOptions {
  /** Milliseconds since the Unix epoch: commits that were made before are left out, but for those that came of a later one. */
  readonly since: number
  readonly signal: AbortSignal
}

export interface History {
  /** Every commit comes before its parents; among those that may come next, the newest comes first. */
  readonly commits: readonly PastCommit[]
  /** Why it does not go back as far as was asked for. Absent where it does. */
  readonly shortened?: string
}

export interface PastCommit {
  readonly oid: Oid
  readonly tree: Oid
  /** The first is the commit that the branch was at before. Those left out of the history are named too. */
  readonly parents: readonly Oid[]
  readonly author: Person
  readonly committer: Person
  /** When it was committed, in seconds since the Unix epoch. */
  readonly time: number
  readonly message: string
}

export interface Person {
  readonly name: string
  readonly email: string
}

export interface CommitDetails {
  readonly message: string
  readonly author: Person
  /** Absent: the author. */
  readonly committer?: Person | undefined
  /** Seconds since the Unix epoch; written as UTC. */
  readonly time: number
  /** Absent: the commit is not signed. */
  readonly sign?: Sign | undefined
}

/** Makes the signature of a commit as text, by the bytes of the commit without one. Source: gitformat-signature(5). */
export type Sign = (commit: Uint8Array) => Promise<string>

export interface PushOptions {
  readonly signal: AbortSignal
  /** What the server's hooks are told. Source: git-push(1), `--push-option`. */
  readonly serverOptions?: readonly string[] | undefined
  /** Another branch than that of the snapshot. `replaces` is the commit that it is at; absent, the branch is a new one. */
  readonly onto?: { readonly branch: string; readonly replaces?: Oid | undefined } | undefined
}

export interface Commit {
  readonly oid: Oid
  readonly base: Snapshot
  /** What the server does not have yet: blobs, trees and the commit itself. */
  readonly objects: readonly Oid[]
}
