import assert from 'node:assert/strict'
import { join } from 'node:path'
import { systemClock } from '../../../src/lifecycle/clock.js'
import type { GitErrorCode } from '../../../src/updaters/git/errors.js'
import { isomorphicRepository } from '../../../src/updaters/git/isomorphic.js'
import type { GitOperation } from '../../../src/updaters/git/operations.js'
import type { CommitDetails, GitRepository, Snapshot } from '../../../src/updaters/git/repository.js'
import { openTransport } from '../../../src/updaters/git/transports/open.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { type GitServer, startGitServer } from '../../parts/git-server.js'

/** One server, one repository with two files on `main`, and an engine that reads it by HTTP. */
export interface Scene {
  readonly server: GitServer
  readonly url: string
  readonly path: string
  readonly folder: string
  readonly operations: GitOperation[]
  readonly repository: GitRepository
  /** Another engine on the same folder, as after a restart. */
  open(options?: { readonly url?: string; readonly maxPacks?: number }): GitRepository
  stop(): Promise<void>
}

export async function startScene(options?: Parameters<typeof startGitServer>[0]): Promise<Scene> {
  const server = await startGitServer(options)
  const state = await temporaryFolder('git-state')
  const folder = join(state, 'repository')
  const { url, path } = await server.create('fleet', { 'a.yaml': 'a: 1\n', 'apps/b.yaml': 'b: 1\n' })
  const operations: GitOperation[] = []
  const open: Scene['open'] = (more = {}) =>
    isomorphicRepository({
      folder,
      transport: openTransport(more.url ?? url, { credentials: options?.credentials, clock: systemClock }),
      clock: systemClock,
      onOperation: (operation) => operations.push(operation),
      ...(more.maxPacks === undefined ? {} : { maxPacks: more.maxPacks }),
    })
  const stop = async () => {
    await server.stop()
    await removeFolder(state)
  }
  return { server, url, path, folder, operations, repository: open(), open, stop }
}

export const never = { signal: new AbortController().signal }

export const details: CommitDetails = {
  message: 'Update app',
  author: { name: 'Tidemark', email: 'tidemark@example.com' },
  time: 1_800_000_000,
}

/** What a file of the root has in a snapshot. */
export async function readRoot(repository: GitRepository, snapshot: Snapshot, file = 'a.yaml'): Promise<string> {
  const entry = (await repository.readTree(snapshot.tree)).find(({ name }) => name === file)
  for await (const { bytes } of repository.readBlobs([entry?.oid ?? ''], never)) return Buffer.from(bytes).toString()
  throw new assert.AssertionError({ message: `no file ${file}` })
}

export function gitError(code: GitErrorCode, retryable: boolean, message = /./): (thrown: unknown) => true {
  return (thrown) => {
    assert.ok(thrown instanceof Error)
    const { name, message: said } = thrown
    const found = { name, code: 'code' in thrown && thrown.code, retryable: 'retryable' in thrown && thrown.retryable }
    assert.deepEqual(found, { name: 'GitError', code, retryable }, said)
    assert.match(said, message)
    return true
  }
}
