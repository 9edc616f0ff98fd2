import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fetch, type HttpClient, indexPack, readObject } from 'isomorphic-git'
import { reasonOf } from '../../../error.js'
import { GitError } from '../errors.js'
import { removeLeftovers } from '../leftovers.js'
import { type GitObject, objectId } from '../objects.js'
import type { Oid } from '../repository.js'
import { stateError } from '../state-error.js'
import { branchTips } from '../tips.js'
import { writeAtomically } from '../write-atomically.js'
import type { PackFacts } from './inspect-pack.js'
import { HAVE_REFERENCE, packFolder, storeFiles } from './store-files.js'

/**
 * The objects that were fetched or pushed, as packs in one folder. A commit that can be read here came with everything
 * that it reaches, its history excepted. All of it can be lost and is fetched again. Failures of the folder are `STATE`.
 */
export interface Store {
  /** Undefined where the store has no such object. Throws `STATE`, retryable, where its bytes are not what was stored. */
  read(oid: Oid): Promise<GitObject | undefined>
  /** Fetches through isomorphic-git what the tip has over `have`, a commit of the store. Throws `STATE` where that is damaged. */
  fetch(request: FetchRequest): Promise<void>
  /** Keeps a pack that was made here. */
  keep(pack: Buffer, facts: PackFacts): Promise<void>
  /** The commits that branches were last seen at, in this run of the program or an earlier one. */
  tips(): Promise<ReadonlyMap<string, Oid>>
  rememberTip(branch: string, oid: Oid): Promise<void>
  /** Packs and their bytes on disk. */
  size(): Promise<{ readonly packs: number; readonly bytes: number }>
  /** Removes files that were never made whole. */
  removeLeftovers(now: number): Promise<void>
  /** Forgets what was read into memory, so that the disk is looked at anew. */
  refresh(): void
  wipe(): Promise<void>
}

export interface FetchRequest {
  readonly branch: string
  readonly have: Oid | undefined
  /** Where ends what is here of its history. Absent: it is the one commit. */
  readonly ends?: readonly Oid[]
  /** So many generations of the history. Absent: the one commit. */
  readonly depth?: number
  readonly base: string
  readonly http: HttpClient
  /** Of the pack that came through `http`. */
  readonly facts: () => PackFacts | undefined
}

/** Several processes may share a folder: what is written has its content's name, and appears whole or not at all. */
export function openStore(folder: string): Store {
  const files = storeFiles(folder)
  let cache: object = {}
  const tips = branchTips(folder)
  let reads = 0

  function refresh(): void {
    cache = {}
    tips.refresh()
    files.refresh()
  }

  /** isomorphic-git leaves out of an index what it cannot resolve, and says nothing. */
  async function isWhole({ checksum, objects }: PackFacts): Promise<boolean> {
    return objects === 0 || objects === (await indexedObjects(join(packFolder(folder), `pack-${checksum}.idx`)))
  }

  async function discard({ checksum }: PackFacts): Promise<void> {
    const path = join(packFolder(folder), `pack-${checksum}`)
    await Promise.all([`${path}.idx`, `${path}.pack`].map((file) => rm(file, { force: true })))
    refresh()
  }

  return {
    async read(oid) {
      // Reading from memory never gives other work its turn by itself.
      if (++reads % 64 === 0) await turn()
      let object: GitObject
      try {
        const found = await readObject({ fs: files.client(), gitdir: folder, oid, format: 'content', cache })
        object = { type: found.type as GitObject['type'], bytes: Buffer.from(found.object as Uint8Array) }
      } catch (cause) {
        if (isMissing(cause)) return undefined
        throw unreadable(oid, cause)
      }
      // The index that found the object is the one file that has not been verified.
      if (objectId(object) !== oid) throw unreadable(oid)
      return object
    },

    async fetch({ branch, have, ends, depth = 1, base, http, facts }) {
      try {
        await fetch({
          fs: files.client(have, ends),
          gitdir: folder,
          cache,
          http,
          url: base,
          remote: 'origin',
          ref: HAVE_REFERENCE,
          remoteRef: `refs/heads/${branch}`,
          depth,
          singleBranch: true,
          tags: false,
        })
        const received = facts()
        if (received === undefined || (await isWhole(received))) return
        // Its deltas are of objects that it does not have: of stored ones, or of none at all.
        const code = have === undefined ? 'INVALID_ANSWER' : 'STATE'
        throw new GitError(code, 'pack has objects that cannot be resolved', { retryable: true })
      } catch (thrown) {
        const received = facts()
        if (received !== undefined) await discard(received).catch(() => {})
        throw storeError(thrown)
      }
    },

    async keep(pack, facts) {
      try {
        const name = `pack-${facts.checksum}.pack`
        await writeAtomically(join(packFolder(folder), name), pack)
        await indexPack({ fs: files.client(), dir: packFolder(folder), gitdir: folder, filepath: name, cache })
        if (!(await isWhole(facts))) throw new GitError('STATE', 'own pack cannot be read', { retryable: true })
      } catch (thrown) {
        await discard(facts).catch(() => {})
        throw storeError(thrown)
      }
    },

    tips: tips.all,

    rememberTip: (branch, oid) =>
      tips.remember(branch, oid).catch((cause) => {
        throw storeError(cause)
      }),

    async size() {
      const names = (await files.packNames()).filter((name) => name.endsWith('.pack'))
      const sizes = await Promise.all(names.map((name) => sizeOf(join(packFolder(folder), name))))
      return { packs: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
    },

    async removeLeftovers(now) {
      await removeLeftovers(folder, now)
      await removeLeftovers(packFolder(folder), now)
    },

    refresh,

    async wipe() {
      try {
        // The tips first: they say what the packs have.
        await tips.wipe()
        // Another process may put a pack there meanwhile.
        await rm(packFolder(folder), { recursive: true, force: true, maxRetries: 5 })
      } catch (thrown) {
        throw storeError(thrown)
      } finally {
        refresh()
      }
    },
  }
}

// gitformat-pack(5), version 2 index: eight bytes, then 256 counts of which the last is of all objects.
async function indexedObjects(path: string): Promise<number> {
  const index = await readFile(path)
  return index.length < 8 + 256 * 4 ? 0 : index.readUInt32BE(8 + 255 * 4)
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'NotFoundError'
}

function unreadable(oid: Oid, cause?: unknown): GitError {
  return new GitError('STATE', `object ${oid} cannot be read from the state folder`, { retryable: true, cause })
}

function storeError(thrown: unknown): unknown {
  const known = stateError(thrown)
  if (known instanceof GitError || !(thrown instanceof Error)) return known
  return new GitError('INVALID_ANSWER', reasonOf(thrown), { retryable: true, cause: thrown })
}
