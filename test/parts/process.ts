import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A real program, started for a test or the demo and ended by its pid. */
export interface RunningProcess {
  readonly pid: number
  /** What it printed on both streams so far. */
  output(): string
  /** The exit code once it has ended; null where a signal ended it. */
  readonly ended: Promise<number | null>
  signal(name: NodeJS.Signals): void
  /** Asks it to end, and kills it where it has not within three seconds. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const child: ChildProcess = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  child.stderr?.on('data', (chunk) => {
    printed += chunk
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      printed += String(error)
      resolve(null)
    })
    child.once('exit', resolve)
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  ended.then(() => process.removeListener('exit', kill))
  return {
    pid: child.pid ?? -1,
    output: () => printed,
    ended,
    signal: (name) => child.kill(name),
    async stop() {
      child.kill('SIGTERM')
      const killer = setTimeout(kill, 3_000)
      await ended
      clearTimeout(killer)
    },
  }
}

/** A port of 127.0.0.1 that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port: no address')
  return address.port
}
