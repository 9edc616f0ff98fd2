import type { GitObject } from './objects.js'
import type { Blob, History, HistoryOptions, Oid, Snapshot } from './repository.js'

/** How an engine gets and keeps the objects of one repository; the rest is alike in all. Throws `GitError`, the state alone. */
export interface ObjectSource {
  /** The branch as it is on the server. One at a time: a look may empty what another fills. */
  look(branch: string, signal: AbortSignal, levels?: number): Promise<Snapshot>
  /**
   * A commit or tree of a snapshot or of its history, with so many levels of trees where it has to be fetched. Throws `STATE`,
   * retryable, where it is lost: the next look gets it back.
   */
  read(oid: Oid, type: GitObject['type'], signal: AbortSignal, levels?: number): Promise<Buffer>
  history(snapshot: Snapshot, options: HistoryOptions): Promise<History>
  /** Blobs of a snapshot in any order, as many at a time as are at hand. */
  readBlobs(oids: ReadonlySet<Oid>, signal: AbortSignal): AsyncIterable<readonly Blob[]>
  /** Keeps the objects of a commit that was pushed. What it does not keep is fetched by the next look. */
  keep(branch: string, commit: Oid, objects: readonly GitObject[]): Promise<void>
}
