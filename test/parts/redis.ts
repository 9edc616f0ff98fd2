import { eventually } from './eventually.js'
import { removeFolder, temporaryFolder } from './folder.js'
import { freePort, type RunningProcess, startProcess } from './process.js'

/** A real redis-server on 127.0.0.1. */
export interface RunningRedis {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Lets it answer nothing, connections stay open; `resume` ends that. */
  pause(): void
  resume(): void
  /** As a crash would: what it was told to persist is kept for `start`. */
  kill(): Promise<void>
  /** Again, on the same port, after `kill`. */
  start(): Promise<void>
  /** For good. */
  stop(): Promise<void>
}

export interface RedisOptions {
  readonly port?: number
  /** Keeps every write, so that a crash loses nothing. */
  readonly persist?: boolean
  readonly password?: string
}

export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const folder = await temporaryFolder('redis')
  const port = options.port ?? (await freePort())
  let running = await launch(port, folder, options)
  const credentials = options.password === undefined ? '' : `:${options.password}@`

  return {
    url: `redis://${credentials}127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid
    },
    pause: () => running.signal('SIGSTOP'),
    resume: () => running.signal('SIGCONT'),
    async kill() {
      running.signal('SIGKILL')
      await running.ended
    },
    async start() {
      running = await launch(port, folder, options)
    },
    async stop() {
      running.signal('SIGCONT')
      await running.stop()
      await removeFolder(folder)
    },
  }
}

async function launch(
  port: number,
  folder: string,
  { persist = false, password }: RedisOptions,
): Promise<RunningProcess> {
  const running = startProcess('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...(persist ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []),
    ...(password === undefined ? [] : ['--requirepass', password]),
  ])
  await eventually('redis-server is ready', () => running.output().includes('Ready to accept connections'))
  return running
}
