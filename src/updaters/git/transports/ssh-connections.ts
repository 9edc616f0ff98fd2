import type { ClientChannel } from 'ssh2'
import { sleep } from '../../../lifecycle/clock.js'
import { untilAborted } from '../../../lifecycle/until-aborted.js'
import { GitError } from '../errors.js'
import {
  type ConnectOptions,
  connectionLost,
  connectSsh,
  NoChannel,
  type SshConnection,
  type SshTarget,
} from './ssh-connection.js'

/** A program that runs at a server. */
export interface RemoteProgram {
  readonly channel: ClientChannel
  /** False once the connection is gone: what has arrived may not be all. */
  isConnected(): boolean
  /** The server says nothing any more: later programs run on another connection. */
  distrust(): void
}

export interface RemoteCommand {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs programs at servers, with one connection to each for all repositories that log in there in the same way. */
export interface SshHosts {
  run(target: SshTarget, command: RemoteCommand, signal: AbortSignal): Promise<RemoteProgram>
}

export type SshHostsOptions = Omit<ConnectOptions, 'signal'>

export function sshHosts(options: SshHostsOptions): SshHosts {
  const lanes = new Map<string, Lane>()

  function laneTo(target: SshTarget): { readonly lane: Lane; readonly isNew: boolean } {
    const key = JSON.stringify(target)
    const kept = lanes.get(key)
    if (kept?.isUsable()) return { lane: kept, isNew: false }
    const lane = openLane((signal) => connectSsh(target, { ...options, signal }), options, forget)
    lanes.set(key, lane)
    return { lane, isNew: true }

    function forget(closed: Lane): void {
      if (lanes.get(key) === closed) lanes.delete(key)
    }
  }

  return {
    async run(target, command, signal) {
      const { lane, isNew } = laneTo(target)
      try {
        return await lane.run(command, signal)
      } catch (thrown) {
        // A server may have ended a kept connection unnoticed. Nothing was sent on it yet.
        if (isNew || lane.isUsable() || signal.aborted) throw thrown
        return laneTo(target).lane.run(command, signal)
      }
    },
  }
}

/** One connection, made at once, and what runs on it. */
interface Lane {
  isUsable(): boolean
  run(command: RemoteCommand, signal: AbortSignal): Promise<RemoteProgram>
}

/** Below the ten sessions of sshd_config(5), `MaxSessions`: who waits here is not refused there. */
const MAX_CHANNELS = 8
const MAX_RETRIES = 4

function openLane(
  connect: (signal: AbortSignal) => Promise<SshConnection>,
  { clock, handshakeMs }: SshHostsOptions,
  onEnd: (lane: Lane) => void,
): Lane {
  const attempt = new AbortController()
  let connection: SshConnection | undefined
  let isOver = false
  let limit = MAX_CHANNELS
  let starting = 0
  let running = 0
  const waiting = new Set<() => void>()

  const connecting = connect(attempt.signal)
  connecting.then(
    (connected) => {
      connection = connected
      connected.onClose(end)
      connected.hold(running > 0)
    },
    () => end(),
  )

  function end(): void {
    if (isOver) return
    isOver = true
    onEnd(lane)
    for (const wake of waiting) wake()
    if (running === 0) connection?.close()
  }

  function release(): void {
    running--
    if (running === 0) connection?.hold(false)
    if (running === 0 && isOver) connection?.close()
    for (const wake of waiting) wake()
  }

  async function turn(signal: AbortSignal): Promise<void> {
    while (running >= limit && !isOver) {
      let wake = () => {}
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      waiting.add(wake)
      await untilAborted(signal, woken).finally(() => waiting.delete(wake))
    }
    running++
    connection?.hold(true)
  }

  async function start({ exec }: SshConnection, { command, env }: RemoteCommand, signal: AbortSignal) {
    await turn(signal)
    const started = exec(command, env)
    started.then((channel) => channel.once('close', release), release)
    let stopTimer = () => {}
    const late = new Promise<never>((_, reject) => {
      stopTimer = clock.after(handshakeMs, () => {
        end()
        reject(connectionLost())
      })
    })
    try {
      return await untilAborted(signal, Promise.race([started, late]))
    } catch (thrown) {
      started.then(discard, () => {})
      throw thrown
    } finally {
      stopTimer()
    }
  }

  /** Where the server takes fewer at once, it is asked again when one of them is done. */
  async function startWhenPossible(
    connected: SshConnection,
    command: RemoteCommand,
    signal: AbortSignal,
  ): Promise<ClientChannel> {
    for (let retries = 0; ; ) {
      try {
        return await start(connected, command, signal)
      } catch (thrown) {
        if (!(thrown instanceof NoChannel)) throw thrown
        limit = Math.max(1, running)
        if (running > 0) continue
        // A server counts a session until its program has ended, which may be after the channel has closed.
        if (retries++ === MAX_RETRIES)
          throw new GitError('UNREACHABLE', thrown.message, { retryable: true, cause: thrown })
        await sleep(clock, 25 * 2 ** retries, signal)
      }
    }
  }

  const lane: Lane = {
    isUsable: () => !isOver && (connection === undefined || connection.isOpen()),
    async run(command, signal) {
      starting++
      try {
        const connected = await untilAborted(signal, connecting)
        const channel = await startWhenPossible(connected, command, signal)
        return { channel, isConnected: connected.isOpen, distrust: end }
      } finally {
        starting--
        if (starting === 0 && connection === undefined) attempt.abort(connectionLost())
      }
    },
  }
  return lane
}

/** Ends a program that nobody reads any more. Its channel closes when what it printed until then is out of the way. */
export function discard(channel: ClientChannel): void {
  channel.destroy()
  // As long as somebody waits for more by this event, nothing flows.
  channel.removeAllListeners('readable')
  channel.resume()
  channel.stderr.resume()
}
