import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { reasonOf } from '../../../error.js'
import { type Clock, systemClock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'
import { openDeadline } from './deadline.js'
import { MAX_ANSWER_BYTES, MAX_CONVERSATION_MS, type Transport, type TransportRequest } from './transport.js'

export interface LocalTransportOptions {
  readonly clock?: Clock
  readonly maxAnswerBytes?: number
}

/**
 * Reaches a repository on this machine through the programs of Git that serve it over HTTP too, so that its hooks, locks and
 * checks apply. Needs `git` in the PATH.
 */
export function localTransport(path: string, options: LocalTransportOptions = {}): Transport {
  const { clock = systemClock, maxAnswerBytes = MAX_ANSWER_BYTES } = options
  const folder = resolve(path)

  return {
    name: folder,
    // Never contacted: isomorphic-git wants a URL that it can append to.
    base: 'http://local.invalid',
    conceal: (text) => text,
    async request(request) {
      const { service, advertise } = parseRequest(request)
      const deadline = openDeadline({
        clock,
        idleMs: MAX_CONVERSATION_MS,
        totalMs: MAX_CONVERSATION_MS,
        signal: request.signal,
      })
      try {
        const command = [
          ...PROGRAMS[service],
          '--stateless-rpc',
          ...(advertise ? ['--advertise-refs'] : []),
          '--',
          folder,
        ]
        const printed = await run(command, request, { signal: deadline.signal, maxAnswerBytes })
        return {
          url: request.url,
          authenticated: false,
          statusCode: 200,
          statusMessage: 'OK',
          headers: { 'content-type': `application/x-${service}-${advertise ? 'advertisement' : 'result'}` },
          body: once(printed),
        }
      } finally {
        deadline.close()
      }
    },
  }
}

type Program = 'git-upload-pack' | 'git-receive-pack'

/** That files are left out on demand is off by default, for the sake of servers with many clients. */
const PROGRAMS: Readonly<Record<Program, readonly string[]>> = {
  'git-upload-pack': ['-c', 'uploadpack.allowFilter=true', 'upload-pack'],
  'git-receive-pack': ['receive-pack'],
}

function parseRequest({ url, method }: TransportRequest): { service: Program; advertise: boolean } {
  const service = url.endsWith('git-receive-pack') ? 'git-receive-pack' : 'git-upload-pack'
  return { service, advertise: method === 'GET' }
}

function run(
  command: readonly string[],
  request: TransportRequest,
  { signal, maxAnswerBytes }: { readonly signal: AbortSignal; readonly maxAnswerBytes: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const child = spawn('git', command, { env: environment(request) })
    const printed: Buffer[] = []
    let size = 0
    let said = ''
    const fail = (error: unknown) => {
      child.kill('SIGKILL')
      reject(error)
    }
    const stop = () => fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxAnswerBytes) fail(new GitError('TOO_LARGE', `answer has more than ${maxAnswerBytes} bytes`))
      else printed.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < MAX_SAID) said += chunk
    })
    // A program that ends before it has read everything says why elsewhere.
    child.stdin.on('error', () => {})
    child.stdin.end(request.body)
    child.once('error', (error) => fail(notStarted(error)))
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop)
      if (code !== 0 && size === 0) reject(refusal(said))
      else resolve(Buffer.concat(printed))
    })
  })
}

const MAX_SAID = 4_000

// What Git needs of this process' environment, and no more: the rest may hold secrets of the policy file, which the hooks of a
// repository have no claim to, or point Git at another repository. The messages are in the words that refusals are told by.
function environment(request: TransportRequest): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED_NAMES.has(name))
  const protocol = request.headers['git-protocol']
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }),
  }
}

const INHERITED_NAMES = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'XDG_CONFIG_HOME'])

function notStarted(error: Error): GitError {
  const missing = 'code' in error && error.code === 'ENOENT'
  const message = missing ? 'the program "git" is not installed' : reasonOf(error)
  return new GitError('UNSUPPORTED', message, { cause: error })
}

function refusal(said: string): GitError {
  const reason = said
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 500)
  if (/does not appear to be a git repository|not a git repository/i.test(reason))
    return new GitError('REPOSITORY_NOT_FOUND', 'there is no Git repository')
  if (/dubious ownership|permission denied/i.test(reason)) return new GitError('UNAUTHORIZED', reason)
  return new GitError('UNREACHABLE', reason || 'git ended without a word', { retryable: true })
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}
