import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What one order cost the process that carried it out. CPU is user and system time of all its threads. */
export interface Spent {
  readonly wallMs: number
  readonly cpuMs: number
  /** The most memory that the process has had at any time, in MiB. */
  readonly peakMiB: number
  /** The longest time that the event loop let other work wait. */
  readonly stallMs: number
}

export interface Worker<Order, Result> {
  run(order: Order): Promise<Spent & { readonly result: Result }>
  stop(): Promise<void>
}

/**
 * Starts a script that calls `serve`, in a process of its own and compiled like the program: what runs TypeScript as it is adds
 * its loader to the memory, and to each function that is made a call that names it. `--cpu-prof` of the benchmark goes on to it.
 */
export async function startWorker<Order, Result>(script: URL, args: readonly string[]): Promise<Worker<Order, Result>> {
  const child = fork(await compiled(fileURLToPath(script)), args, {
    execArgv: process.execArgv.filter((argument) => argument.startsWith('--cpu-prof')),
  })
  const ended = once(child, 'exit')
  return {
    async run(order) {
      child.send({ order })
      const [answer] = await Promise.race([once(child, 'message'), ended.then(() => [{ error: 'it ended' }])])
      if (answer.error !== undefined) throw new Error(`Cannot measure: ${answer.error}`)
      return answer
    },
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Below the folder of the dependencies, so that they are found from there. */
const COMPILED = join(ROOT, 'node_modules/.cache/tidemark-benchmarks')

/** The path of the script as JavaScript. */
async function compiled(script: string): Promise<string> {
  const project = join(COMPILED, 'tsconfig.json')
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: COMPILED }
  await mkdir(COMPILED, { recursive: true })
  // Threads are started by their path.
  const sources = { files: [script], include: [join(ROOT, 'src/**/*-thread.ts')] }
  await writeFile(project, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, ...sources }))
  await writeFile(join(COMPILED, 'package.json'), '{ "type": "module" }')
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project])
  return join(COMPILED, relative(ROOT, script)).replace(/ts$/, 'js')
}

const STEP_MS = 5

/** Carries out one order after the other, until the benchmark lets go. */
export function serve<Order, Result>(work: (order: Order) => Promise<Result>, stop: () => Promise<void>): void {
  const delays = monitorEventLoopDelay({ resolution: STEP_MS })
  process.on('message', async ({ order }: { order: Order }) => {
    try {
      delays.reset()
      delays.enable()
      const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
      const result = await work(order)
      const wallMs = performance.now() - startedAt
      const { user, system } = process.cpuUsage(cpu)
      delays.disable()
      const stallMs = Math.max(0, delays.max / 1e6 - STEP_MS)
      const peakMiB = process.resourceUsage().maxRSS / 1024
      process.send?.({ wallMs, cpuMs: (user + system) / 1000, peakMiB, stallMs, result })
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.stack : String(error) })
    }
  })
  process.once('disconnect', () => void stop())
}
