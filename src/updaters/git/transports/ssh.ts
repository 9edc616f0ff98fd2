import { type Clock, systemClock } from '../../../lifecycle/clock.js'
import type { SshLogin } from './access.js'
import { openDeadline } from './deadline.js'
import type { SshAddress } from './ssh-address.js'
import type { SshHosts } from './ssh-connections.js'
import { MAX_ANSWER_BYTES, MAX_CONVERSATION_MS, type Transport, type TransportRequest } from './transport.js'

export interface SshTransportOptions {
  readonly login?: SshLogin | undefined
  readonly clock?: Clock
  readonly maxAnswerBytes?: number
  /** To the first byte, and between two pieces of an answer. */
  readonly idleMs?: number
  readonly totalMs?: number
  /** The connections of this process, where no others are given. */
  readonly hosts?: SshHosts | undefined
}

/**
 * Reaches a repository through `git-upload-pack` and `git-receive-pack` at an SSH server. Each request starts the program anew:
 * what it says before it is asked is the answer to a GET, and is left out of the answer to a POST.
 */
export function sshTransport(address: SshAddress, options: SshTransportOptions = {}): Transport {
  const { clock = systemClock, login = {}, maxAnswerBytes = MAX_ANSWER_BYTES } = options
  const { idleMs = 30_000, totalMs = MAX_CONVERSATION_MS } = options
  const { host, port, user, path, name } = address

  async function ask(request: TransportRequest): Promise<AsyncIterable<Uint8Array>> {
    // Loaded where they are needed: many users have no SSH server.
    const { conversation } = await import('./ssh-conversation.js')
    const hosts = options.hosts ?? (await ownHosts())
    const protocol = request.headers['git-protocol']
    const command = {
      command: `${serviceOf(request)} ${quote(path)}`,
      env: protocol === undefined ? {} : { GIT_PROTOCOL: protocol },
    }
    const program = await hosts.run({ host, port, user, login }, command, request.signal)
    const deadline = openDeadline({ clock, idleMs, totalMs, signal: request.signal })
    return conversation(program, request, { deadline, maxAnswerBytes })
  }

  return {
    name,
    // Never contacted: isomorphic-git wants a URL that it can append to.
    base: 'http://ssh.invalid',
    // A key never leaves this machine.
    conceal: (text) => text,
    async request(request) {
      const body = await ask(request)
      const kind = request.method === 'GET' ? 'advertisement' : 'result'
      return {
        url: request.url,
        authenticated: true,
        statusCode: 200,
        statusMessage: 'OK',
        headers: { 'content-type': `application/x-${serviceOf(request)}-${kind}` },
        body,
      }
    },
  }
}

let shared: SshHosts | undefined

async function ownHosts(): Promise<SshHosts> {
  const { sshHosts } = await import('./ssh-connections.js')
  shared ??= sshHosts({ clock: systemClock, handshakeMs: 20_000, idleMs: 10_000 })
  return shared
}

function serviceOf({ url }: TransportRequest): 'git-upload-pack' | 'git-receive-pack' {
  return url.endsWith('git-receive-pack') ? 'git-receive-pack' : 'git-upload-pack'
}

/** For the shell of the server, as Git quotes it: some shells take "!" as a command within quotes, too. */
function quote(path: string): string {
  return `'${path.replace(/['!]/g, "'\\$&'")}'`
}
