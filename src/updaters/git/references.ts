import { converse, discover, serverText } from './answer.js'
import { GitError } from './errors.js'
import { DELIMITER, FLUSH, type Packet, packetLine, packets, textLines } from './packet-lines.js'
import type { Oid } from './repository.js'
import type { Transport } from './transports/transport.js'

/** Looks at the branches of one repository. What the server can do is asked once and remembered. */
export interface References {
  /** The commit of a branch now. Throws `BRANCH_NOT_FOUND` or `EMPTY_REPOSITORY`. */
  tip(branch: string, signal: AbortSignal): Promise<Oid>
  /** What the server can do, by the newest version of the protocol that it has. */
  abilities(signal: AbortSignal): Promise<ServerAbilities>
  /** What the server's fetch of protocol version 0 and 1 can do. */
  fetchCapabilities(signal: AbortSignal): Promise<readonly string[]>
  /** What the server can do with a push. */
  pushCapabilities(signal: AbortSignal): Promise<readonly string[]>
}

export interface ServerAbilities {
  readonly version: 1 | 2
  /** What its `fetch` of version 2 can do beside the least, such as `shallow` and `filter`. */
  readonly fetch: readonly string[]
}

/**
 * With protocol version 2, where the server has it, a look names the one branch and costs the same however many references
 * the repository has. Source: gitprotocol-v2(5), "ls-refs". Every other server lists them all.
 */
export function remoteReferences(transport: Transport): References {
  let abilities: ServerAbilities | undefined
  let fetchCapabilities: readonly string[] | undefined
  let pushCapabilities: readonly string[] | undefined
  /** Came with the first question, and answers the look that follows it. */
  let listed: ReadonlyMap<string, Oid> | undefined
  let hasBranches = false

  async function advertisement(asked: 1 | 2, signal: AbortSignal): Promise<Advertisement> {
    const answer = parseAdvertisement(transport, await discover(transport, 'git-upload-pack', asked, signal))
    requireSha1(transport, answer.capabilities)
    if (answer.version === 1) fetchCapabilities = answer.capabilities
    return answer
  }

  async function ask(signal: AbortSignal): Promise<ServerAbilities> {
    if (abilities !== undefined) return abilities
    const answer = await advertisement(2, signal)
    if (answer.version === 1) listed = answer.branches
    const fetch = answer.capabilities.find((capability) => capability.startsWith('fetch='))
    abilities = { version: answer.version, fetch: fetch?.slice('fetch='.length).split(' ') ?? [] }
    return abilities
  }

  async function branches(branch: string, signal: AbortSignal): Promise<ReadonlyMap<string, Oid>> {
    const { version } = await ask(signal)
    const first = listed
    listed = undefined
    if (version === 1) return first ?? (await advertisement(1, signal)).branches
    const found = await listBranches(transport, branch, signal)
    if (found.size > 0) hasBranches = true
    // Only a repository that may be empty has to list them all, which may be many, for one that is not there.
    return found.has(branch) || hasBranches ? found : listBranches(transport, '', signal)
  }

  return {
    async tip(branch, signal) {
      const found = await branches(branch, signal)
      const oid = found.get(branch)
      if (oid !== undefined) return oid
      if (found.size === 0 && !hasBranches) throw new GitError('EMPTY_REPOSITORY', 'repository has no branch')
      throw new GitError('BRANCH_NOT_FOUND', 'repository has no such branch')
    },
    abilities: ask,
    async fetchCapabilities(signal) {
      return fetchCapabilities ?? (await advertisement(1, signal)).capabilities
    },
    async pushCapabilities(signal) {
      if (pushCapabilities === undefined) {
        const answer = await discover(transport, 'git-receive-pack', 1, signal)
        pushCapabilities = parseAdvertisement(transport, answer).capabilities
      }
      return pushCapabilities
    },
  }
}

interface Advertisement {
  readonly version: 1 | 2
  readonly capabilities: readonly string[]
  /** By name, without `refs/heads/`. Empty in version 2. */
  readonly branches: ReadonlyMap<string, Oid>
}

function parseAdvertisement(transport: Transport, bytes: Buffer): Advertisement {
  const answer = [...packets(bytes)]
  // Bitbucket Server leaves this line out, as Git's own server does in version 2; a flush packet follows it.
  if (answer[0]?.toString().startsWith('# service=')) answer.splice(0, 2)
  const lines = requireLines(transport, answer)
  if (lines[0] === 'version 2') return { version: 2, capabilities: lines.slice(1), branches: new Map() }
  const references = lines[0] === 'version 1' ? lines.slice(1) : lines
  const [first = '', capabilities = ''] = (references[0] ?? '').split('\0')
  return {
    version: 1,
    capabilities: capabilities.split(' ').filter((capability) => capability !== ''),
    branches: parseBranches([first, ...references.slice(1)]),
  }
}

async function listBranches(
  transport: Transport,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Oid>> {
  const question = [packetLine('command=ls-refs\n'), DELIMITER, packetLine(`ref-prefix ${HEADS}${prefix}\n`), FLUSH]
  const headers = { 'git-protocol': 'version=2' }
  const answer = await converse(transport, 'git-upload-pack', Buffer.concat(question), { signal, headers })
  return parseBranches(requireLines(transport, packets(answer)))
}

const HEADS = 'refs/heads/'

function parseBranches(lines: readonly string[]): ReadonlyMap<string, Oid> {
  const branches = new Map<string, Oid>()
  for (const line of lines) {
    const [oid = '', name = ''] = line.split(' ')
    if (name.startsWith(HEADS) && /^[0-9a-f]{40}$/.test(oid)) branches.set(name.slice(HEADS.length), oid)
  }
  return branches
}

function requireLines(transport: Transport, answer: Iterable<Packet>): string[] {
  const lines = textLines(answer)
  const error = lines.find((line) => line.startsWith('ERR '))
  if (error !== undefined) throw new GitError('REJECTED', serverText(transport, error.slice(4)))
  return lines
}

function requireSha1(transport: Transport, capabilities: readonly string[]): void {
  const format = capabilities.find((capability) => capability.startsWith('object-format='))
  if (format === undefined || format === 'object-format=sha1') return
  const found = serverText(transport, format)
  throw new GitError('UNSUPPORTED', `repository has "${found}", and only SHA-1 repositories can be read`)
}

/** Refuses what Git refuses as a branch, and with it whatever would end a line of the protocol. Source: git-check-ref-format(1). */
export function requireBranchName(branch: string): void {
  const parts = branch.split('/')
  const refused = /[\p{Cc} ~^:?*[\\]|\.\.|@\{/u.test(branch) || branch.endsWith('.') || branch === '@'
  if (refused || parts.some((part) => part === '' || part.startsWith('.') || part.endsWith('.lock')))
    throw new GitError('BRANCH_NOT_FOUND', 'this is not a name that a branch can have')
}
