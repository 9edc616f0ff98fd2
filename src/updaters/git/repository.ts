/**
 * What updaters ask of one Git repository, without a work tree. Calls throw `GitError` and reject with the signal's reason
 * when it aborts. An engine remembers what it fetched: asking again costs what is new.
 */
export interface GitRepository {
  /** Looks at the branch on the server and fetches what is new. Throws `BRANCH_NOT_FOUND` or `EMPTY_REPOSITORY`. */
  head(branch: string, options: { readonly signal: AbortSignal }): Promise<Snapshot>
  /** The entries of one tree of a snapshot, in Git's order. */
  readTree(oid: Oid): Promise<readonly TreeEntry[]>
  /** The bytes of blobs of a snapshot, in any order, each once. */
  readBlobs(oids: readonly Oid[], options: { readonly signal: AbortSignal }): AsyncIterable<Blob>
  /** Makes a commit upon the snapshot. Nothing leaves this machine yet; the same arguments make the same object id. */
  commit(base: Snapshot, changes: readonly FileChange[], details: CommitDetails): Promise<Commit>
  /**
   * Makes the branch of the snapshot that the commit was made upon point to it, in one request that names the commit it
   * replaces. Throws `STALE` (retryable) when the branch has moved: fetch, compute again, push again.
   */
  push(commit: Commit, options: { readonly signal: AbortSignal }): Promise<void>
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

export interface CommitDetails {
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  /** Seconds since the Unix epoch; written as UTC. */
  readonly time: number
}

export interface Commit {
  readonly oid: Oid
  readonly base: Snapshot
  /** What the server does not have yet: blobs, trees and the commit itself. */
  readonly objects: readonly Oid[]
}
