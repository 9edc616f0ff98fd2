import { connect as connectSocket, type Socket } from 'node:net'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { reasonOf } from '../../../error.js'
import type { Clock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'
import type { SshLogin } from './access.js'
import { hostKeyCheck } from './ssh-host-key.js'
import { readIdentity } from './ssh-identity.js'

export interface SshTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly login: SshLogin
}

export interface ConnectOptions {
  readonly clock: Clock
  /** To connect and to log in. */
  readonly handshakeMs: number
  /** So long without a packet and without a program, and it is closed. */
  readonly idleMs: number
  readonly signal: AbortSignal
}

/** A server that proved to be the known one, and that let us in. */
export interface SshConnection {
  isOpen(): boolean
  /** Calls `run` once when it is no longer open. */
  onClose(run: () => void): void
  /** Whether programs run there: a connection without any is closed after a while. */
  hold(isBusy: boolean): void
  /** Starts a program. Throws `NoChannel` where the server takes no more of them now. */
  exec(command: string, env: Readonly<Record<string, string>>): Promise<ClientChannel>
  close(): void
}

/** The server opens no further channel on a connection that works. */
export class NoChannel extends Error {}

/** Throws `GitError`. Nothing of the login is shown to a host whose key is not a known one. */
export async function connectSsh(target: SshTarget, options: ConnectOptions): Promise<SshConnection> {
  const { host, port, user, login } = target
  const check = await hostKeyCheck(host, port, login.knownHosts)
  const identity = await readIdentity(user, login, options.handshakeMs / 2)
  options.signal.throwIfAborted()

  const socket = connectSocket({ host, port })
  // Every request is a few small packets, each of which would wait for the server's word on the one before.
  socket.setNoDelay(true)
  // A server that is gone is noticed within half a minute, and a firewall does not forget us meanwhile.
  socket.setKeepAlive(true, 15_000)
  const client = new ssh2.Client()
  let distrust: GitError | undefined
  const loggedIn = handshake(client, options, (thrown, isKnown) => {
    if (distrust !== undefined) return distrust
    return isKnown ? notLoggedIn(thrown, `asked as "${user}" with ${identity.description}`) : notConnected(thrown)
  })
  client.connect({
    sock: socket,
    username: user,
    readyTimeout: 0,
    algorithms: { serverHostKey: [...check.algorithms], compress: ['none'] },
    hostVerifier: (key: Buffer) => {
      distrust = check.refusal(key)
      return distrust === undefined
    },
    authHandler: [identity.method],
  })
  try {
    await loggedIn
  } catch (thrown) {
    socket.destroy()
    throw thrown
  }
  return connection(client, socket, options.idleMs)
}

/** Resolves when the server has let us in. */
function handshake(
  client: Client,
  { clock, handshakeMs, signal }: ConnectOptions,
  failure: (thrown: unknown, isKnown: boolean) => unknown,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let isKnown = false
    const late = new GitError('UNREACHABLE', `server did not let us in within ${handshakeMs / 1000} s`, {
      retryable: true,
    })
    const stopTimer = clock.after(handshakeMs, () => reject(late))
    const cancel = () => reject(signal.reason)
    signal.addEventListener('abort', cancel, { once: true })
    client.once('handshake', () => {
      isKnown = true
    })
    client.once('ready', resolve)
    // Without a listener for the errors that follow the first, they would end the process.
    client.on('error', (thrown: Error & { level?: string }) => {
      // An agent that fails to sign by one key is asked for the next.
      if (thrown.level !== 'agent') reject(failure(thrown, isKnown))
    })
    client.once('close', () => reject(failure(new Error('server closed the connection'), isKnown)))
    const done = () => {
      stopTimer()
      signal.removeEventListener('abort', cancel)
    }
    client.once('ready', done).once('close', done)
  })
}

function notConnected(thrown: unknown): GitError {
  const reason = reasonOf(thrown)
  // Whatever is tried again, neither side will have another algorithm.
  if (/no matching/i.test(reason)) return new GitError('UNSUPPORTED', reason, { cause: thrown })
  return new GitError('UNREACHABLE', reason, { cause: thrown, retryable: true })
}

function notLoggedIn(thrown: unknown, asked: string): GitError {
  const { level, code } = thrown as { readonly level?: unknown; readonly code?: unknown }
  if (level === 'client-authentication')
    return new GitError('UNAUTHORIZED', `server does not let us in (${asked})`, { cause: thrown })
  // A number is the reason by which the server ends the connection, such as too many keys that it does not know.
  if (typeof code === 'number')
    return new GitError('UNAUTHORIZED', `server does not let us in: ${reasonOf(thrown)} (${asked})`, { cause: thrown })
  return notConnected(thrown)
}

function connection(client: Client, socket: Socket, idleMs: number): SshConnection {
  let isOpen = !socket.destroyed
  client.once('close', () => {
    isOpen = false
  })
  const close = () => {
    isOpen = false
    client.end()
    // A server that takes no notice would keep half of it open.
    socket.destroySoon()
    socket.setTimeout(CLOSE_MS, () => socket.destroy())
  }
  socket.once('timeout', close)
  // The process may end with a connection that is only kept. Who waits for an answer has a timer for it.
  socket.unref()

  return {
    isOpen: () => isOpen && socket.writable,
    onClose: (run) => void (socket.closed ? run() : socket.once('close', run)),
    hold(isBusy) {
      if (isOpen) socket.setTimeout(isBusy ? 0 : idleMs)
    },
    exec: (command, env) =>
      new Promise((resolve, reject) => {
        client.exec(command, { env }, (thrown, channel) => {
          if (thrown === undefined) resolve(channel)
          else reject(notStarted(thrown, isOpen))
        })
      }),
    close,
  }
}

const CLOSE_MS = 1_000

function notStarted(thrown: Error, isOpen: boolean): Error {
  if (!isOpen) return connectionLost()
  // RFC 4254, section 5.1: a channel that is not opened has a reason. OpenSSH has ten at once, others one.
  if ('reason' in thrown) return new NoChannel(thrown.message)
  return new GitError('REJECTED', 'server does not run programs for us', { cause: thrown })
}

export function connectionLost(): GitError {
  return new GitError('UNREACHABLE', 'connection to the server was lost', { retryable: true })
}
