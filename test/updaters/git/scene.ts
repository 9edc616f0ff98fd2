import assert from 'node:assert/strict'
import { join } from 'node:path'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { gitRepository } from '../../../src/updaters/git/engine.js'
import type { GitErrorCode } from '../../../src/updaters/git/errors.js'
import { isomorphicSource } from '../../../src/updaters/git/isomorphic/source.js'
import { type GitOperation, timedBy } from '../../../src/updaters/git/operations.js'
import { remoteReferences } from '../../../src/updaters/git/references.js'
import type { CommitDetails, GitRepository, Snapshot } from '../../../src/updaters/git/repository.js'
import { openTransport } from '../../../src/updaters/git/transports/open.js'
import { wireSource } from '../../../src/updaters/git/wire/source.js'
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
  open(options?: EngineOptions): GitRepository
  stop(): Promise<void>
}

export interface EngineOptions extends Limits {
  readonly url?: string
}

export interface Limits {
  readonly maxPacks?: number
  readonly maxBytes?: number
  readonly maxFiles?: number
}

export const ENGINES = ['isomorphic', 'wire', 'wire without filter'] as const
export type Engine = (typeof ENGINES)[number]

export async function startScene(
  options?: Parameters<typeof startGitServer>[0] & { readonly engine?: Engine },
): Promise<Scene> {
  const server = await startGitServer(options)
  const state = await temporaryFolder('git-state')
  const folder = join(state, 'repository')
  const { url, path } = await server.create('fleet', { 'a.yaml': 'a: 1\n', 'apps/b.yaml': 'b: 1\n' })
  const operations: GitOperation[] = []
  const { engine = 'isomorphic', credentials } = options ?? {}
  const onOperation = (operation: GitOperation) => operations.push(operation)
  const open: Scene['open'] = ({ url: other, ...limits } = {}) =>
    openEngine({ engine, folder, url: other ?? url, credentials, limits, onOperation })
  const stop = async () => {
    await server.stop()
    await removeFolder(state)
  }
  return { server, url, path, folder, operations, repository: open(), open, stop }
}

export interface OpenEngineOptions {
  readonly engine: Engine
  readonly folder: string
  readonly url: string
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  readonly limits?: Limits
  readonly onOperation?: (operation: GitOperation) => void
}

export function openEngine({
  engine,
  folder,
  url,
  credentials,
  limits,
  onOperation,
}: OpenEngineOptions): GitRepository {
  const clock = systemClock
  const transport = openTransport(url, { credentials, clock })
  const references = remoteReferences(transport)
  const timed = timedBy(clock, onOperation)
  const parts = { folder, transport, references, clock, timed, ...limits }
  const source =
    engine === 'isomorphic' ? isomorphicSource(parts) : wireSource({ ...parts, canFilter: engine === 'wire' })
  return gitRepository({ source, references, transport, timed })
}

export const never = { signal: new AbortController().signal }

export const details: CommitDetails = {
  message: 'Update app',
  author: { name: 'Tidemark', email: 'tidemark@example.com' },
  time: 1_800_000_000,
}

/** What a file of the root has in a snapshot. */
export async function readRoot(repository: GitRepository, snapshot: Snapshot, file = 'a.yaml'): Promise<string> {
  const entry = (await repository.readTree(snapshot.tree, never)).find(({ name }) => name === file)
  for await (const { bytes } of repository.readBlobs([entry?.oid ?? ''], never)) return Buffer.from(bytes).toString()
  throw new assert.AssertionError({ message: `no file ${file}` })
}

/** Lets engines that share a folder look at once and push in turns. All of them must see what was pushed last. */
export async function pushInTurns(
  engines: readonly GitRepository[],
  rounds: number,
  nextText: () => string,
): Promise<void> {
  let text = ''
  for (let round = 0; round < rounds; round++) {
    const turn = round % engines.length
    const snapshots = await Promise.all(engines.map((engine) => engine.head('main', never)))
    const [engine, base] = [engines[turn], snapshots[turn]]
    assert.ok(engine !== undefined && base !== undefined)
    text = nextText()
    await engine.push(await engine.commit(base, [{ path: 'a.yaml', bytes: Buffer.from(text) }], details), never)
  }
  for (const engine of engines) assert.equal(await readRoot(engine, await engine.head('main', never)), text)
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
