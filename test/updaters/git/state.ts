import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { GitRepository } from '../../../src/updaters/git/repository.js'
import { commitFiles } from '../../parts/git-server.js'
import { never, readRoot, type Scene } from './scene.js'

export const COPIES = 2_000

/** Somebody pushes a text to `a.yaml`, and many copies of it to `copy.txt`. */
export async function pushCopies({ path }: Scene, text: string): Promise<void> {
  await commitFiles(path, 'main', { 'a.yaml': text, 'copy.txt': text.repeat(COPIES) })
}

/** What `a.yaml` has in each commit, read by their trees. */
export async function readAll(repository: GitRepository): Promise<string[]> {
  const snapshot = await repository.head('main', never)
  await readRoot(repository, snapshot, 'a.yaml')
  const { commits, shortened } = await repository.history(snapshot, { since: 0, ...never })
  assert.equal(shortened, undefined)
  const read: string[] = []
  for (const { oid, tree } of commits) read.push(await readRoot(repository, { branch: 'main', commit: oid, tree }))
  return read
}

/** From the folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}
