import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.js'
import { type RunningProcess, startProcess } from './process.js'

/** The built program, as a user runs it. `npm test` and the demo build it first. */
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs one command to its end. */
export async function tidemark(args: readonly string[], { cwd, env }: RunOptions = {}): Promise<Finished> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, stdout, stderr }
}

export interface RunningTidemark extends RunningProcess {
  readonly url: string
  /** The log so far, one record a line. */
  records(): readonly LogRecord[]
}

export type LogRecord = { readonly level: string; readonly message: string } & Readonly<Record<string, unknown>>

/** Starts the service and waits until it serves HTTP. */
export async function startTidemark(args: readonly string[], { cwd, env }: RunOptions = {}): Promise<RunningTidemark> {
  const service = startProcess(process.execPath, [PROGRAM, 'run', ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
  })
  const records = () => service.output().split('\n').flatMap(tryParseRecord)
  let ended = false
  service.ended.then(() => {
    ended = true
  })
  const url = await eventually('Tidemark serves HTTP', () => {
    if (ended) throw new Error(`Tidemark ended: ${service.output()}`)
    return records().find(({ message }) => message === 'Tidemark started')?.url
  }).catch(async (error) => {
    await service.stop()
    throw error
  })
  return { ...service, url: String(url), records }
}

function tryParseRecord(line: string): readonly LogRecord[] {
  try {
    const record = JSON.parse(line)
    return typeof record.message === 'string' ? [record] : []
  } catch {
    return []
  }
}

/** Writes a policy file. JSON is YAML, so that tests need not quote. */
export async function writePolicyFile(folder: string, content: unknown): Promise<string> {
  const path = join(folder, 'tidemark.yaml')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return path
}
