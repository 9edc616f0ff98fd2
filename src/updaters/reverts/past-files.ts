import { groupBy } from '../../group-by.js'
import { GitError } from '../git/errors.js'
import { gathered } from '../git/gathered.js'
import type { GitRepository, Oid, PastCommit } from '../git/repository.js'
import { scanManifest } from '../manifests/scan.js'
import type { PlaceIndex, ScannedBlob } from '../place-index.js'
import type { ScannedFile } from '../scan.js'

export interface PastFiles {
  /** One file as it was in a commit. Undefined where it was not there. What is asked for at the same time is fetched together. */
  read(commit: Pick<PastCommit, 'tree'>, path: string, signal: AbortSignal): Promise<ScannedFile | undefined>
}

/** Most of what was there once is in the index still: it was looked at when it was new. */
export function pastFiles(
  repository: Pick<GitRepository, 'readTree' | 'readBlobs'>,
  index: PlaceIndex,
  pathsIn: (path: string) => readonly string[],
): PastFiles {
  const unread = new Map<string, ScannedBlob>()

  const ask = gathered(async (keys, signal) => {
    const blobs = groupBy(
      keys.flatMap((key) => unread.get(key) ?? []),
      ({ oid }) => oid,
    )
    for await (const { oid, bytes } of repository.readBlobs([...blobs.keys()], { signal }))
      for (const blob of blobs.get(oid) ?? []) index.set(blob, scanManifest(blob.name, bytes, blob.paths))
  })

  async function scan(blob: ScannedBlob, signal: AbortSignal) {
    const known = index.get(blob)
    if (known !== undefined) return known
    const key = JSON.stringify(blob)
    unread.set(key, blob)
    try {
      await ask(key, signal)
    } finally {
      unread.delete(key)
    }
    const found = index.get(blob)
    if (found === undefined) throw new GitError('STATE', `blob ${blob.oid} was not read`, { retryable: true })
    return found
  }

  async function blobAt(root: Oid, names: readonly string[], signal: AbortSignal): Promise<Oid | undefined> {
    let oid = root
    for (const [depth, name] of names.entries()) {
      const entry = (await repository.readTree(oid, { signal })).find((one) => one.name === name)
      const isLast = depth === names.length - 1
      const isThere = isLast ? entry?.type === 'file' || entry?.type === 'executable' : entry?.type === 'tree'
      if (entry === undefined || !isThere) return undefined
      oid = entry.oid
    }
    return oid
  }

  return {
    async read({ tree }, path, signal) {
      const names = path.split('/')
      const oid = await blobAt(tree, names, signal)
      if (oid === undefined) return undefined
      const blob = { oid, name: names.at(-1) ?? '', paths: pathsIn(path) }
      return { path, oid, scan: await scan(blob, signal) }
    },
  }
}
