import type { ClientChannel } from 'ssh2'
import { sleep } from '../../../lifecycle/clock.js'
import { untilAborted } from '../../../lifecycle/until-aborted.js'
import { GitError } from '../errors.js'
import { type ConnectOptions, connectionLost, NoChannel, type SshConnection } from './ssh-connection.js'

/** A program that runs at a server. */
export interface RemoteProgram {
  readonly channel: ClientChannel
  /** False once the connection is gone: what has arrived may not be all. */
  isConnected(): boolean
  /** Nobody reads it any more. It is ended where it still runs. */
  leave(): void
  /** The server says nothing any more: later programs run on another connection. */
  distrust(): void
}

export interface RemoteCommand {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
}

/** One connection, made at once, and what runs on it. */
export interface Lane {
  isUsable(): boolean
  /** No program starts on it any more. It is closed when nobody reads one. */
  end(): void
  run(command: RemoteCommand, signal: AbortSignal): Promise<RemoteProgram>
}

/** Below the ten sessions of sshd_config(5), `MaxSessions`: who waits here is not refused there. */
const MAX_CHANNELS = 8
const MAX_RETRIES = 4

/** A login is checked again so often, although its connection is never idle: a key may have been replaced or taken back. */
const MAX_AGE_MS = 10 * 60_000

export function openLane(
  connect: (signal: AbortSignal) => Promise<SshConnection>,
  { clock, handshakeMs }: Pick<ConnectOptions, 'clock' | 'handshakeMs'>,
  onEnd: (lane: Lane) => void,
): Lane {
  const attempt = new AbortController()
  let connection: SshConnection | undefined
  let isOver = false
  let limit = MAX_CHANNELS
  let starting = 0
  /** Programs that the server counts. */
  let running = 0
  /** Those of them that somebody waits for. */
  let awaited = 0
  const endOfLife = clock.now() + MAX_AGE_MS
  const waiting = new Set<() => void>()

  const connecting = connect(attempt.signal)
  connecting.then(
    (connected) => {
      connection = connected
      connected.onClose(end)
      settle()
    },
    () => end(),
  )

  function end(): void {
    if (isOver) return
    isOver = true
    onEnd(lane)
    settle()
  }

  function settle(): void {
    if (isOver && awaited === 0) connection?.close()
    else connection?.hold(awaited > 0)
    for (const wake of waiting) wake()
  }

  async function turn(signal: AbortSignal): Promise<void> {
    while (running >= limit && !isOver) {
      let wake = () => {}
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      waiting.add(wake)
      // A server may keep those open that nobody reads any more.
      const stopTimer = awaited === 0 ? clock.after(handshakeMs, end) : () => {}
      await untilAborted(signal, woken).finally(() => {
        stopTimer()
        waiting.delete(wake)
      })
    }
    if (isOver) throw connectionLost()
    running++
    awaited++
    settle()
  }

  async function start(
    { exec }: SshConnection,
    { command, env }: RemoteCommand,
    signal: AbortSignal,
  ): Promise<Program> {
    await turn(signal)
    let isLeft = false
    const leave = () => {
      if (isLeft) return
      isLeft = true
      awaited--
      settle()
    }
    const ended = () => {
      running--
      leave()
      // Left earlier, it has a place for another now.
      settle()
    }
    const started = exec(command, env)
    started.then((channel) => channel.once('close', ended), ended)
    let stopTimer = () => {}
    const late = new Promise<never>((_, reject) => {
      stopTimer = clock.after(handshakeMs, () => {
        end()
        reject(connectionLost())
      })
    })
    try {
      return { channel: await untilAborted(signal, Promise.race([started, late])), leave }
    } catch (thrown) {
      started.then(discard, () => {})
      leave()
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
  ): Promise<Program> {
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
    isUsable: () => !isOver && clock.now() < endOfLife && (connection === undefined || connection.isOpen()),
    end,
    async run(command, signal) {
      starting++
      try {
        const connected = await untilAborted(signal, connecting)
        const { channel, leave } = await startWhenPossible(connected, command, signal)
        return {
          channel,
          isConnected: connected.isOpen,
          distrust: end,
          leave() {
            discard(channel)
            leave()
          },
        }
      } finally {
        starting--
        if (starting === 0 && connection === undefined) attempt.abort(connectionLost())
      }
    },
  }
  return lane
}

interface Program {
  readonly channel: ClientChannel
  readonly leave: () => void
}

/** Ends a program that nobody reads any more. Its channel closes when what it printed until then is out of the way. */
function discard(channel: ClientChannel): void {
  channel.destroy()
  // As long as somebody waits for more by this event, nothing flows.
  channel.removeAllListeners('readable')
  channel.resume()
  channel.stderr.resume()
}
