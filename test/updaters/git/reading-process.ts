import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { GitError } from '../../../src/updaters/git/errors.js'
import type { GitRepository } from '../../../src/updaters/git/repository.js'
import { type RunningProcess, startProcess } from '../../parts/process.js'
import { never, type OpenEngineOptions, openEngine, readRoot } from './scene.js'
import { COPIES } from './state.js'

export interface Reading extends OpenEngineOptions {
  /** Empties the folder before each look, so that it is written to most of the time. */
  readonly startsOver?: boolean
  /** Writing more to a file fails, as on a disk that is full. */
  readonly maxFileBytes?: number
}

/**
 * Another process that looks at `main` again and again. It prints the text of `a.yaml` each time, or why it may try again; and ends with an error if
 * `copy.txt` does not have many copies of it, or the history does not begin with the commit.
 */
export function startReading(reading: Reading): RunningProcess {
  const command = [process.execPath, '--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(reading)]
  const limit = reading.maxFileBytes === undefined ? 'unlimited' : reading.maxFileBytes / 1024
  return startProcess('bash', ['-c', `ulimit -f ${limit}; exec "$@"`, 'bash', ...command])
}

async function readOn({ startsOver, ...options }: Reading): Promise<void> {
  const repository = openEngine(options)
  for (;;) {
    if (startsOver) await rm(options.folder, { recursive: true, force: true, maxRetries: 5 })
    // What another process has emptied is there again after the next look.
    const text = await readOnce(repository).catch((thrown) => {
      if (thrown instanceof GitError && thrown.retryable) return thrown.message as string
      throw thrown
    })
    console.log(text)
  }
}

async function readOnce(repository: GitRepository): Promise<string> {
  const snapshot = await repository.head('main', never)
  const text = await readRoot(repository, snapshot, 'a.yaml')
  const copies = await readRoot(repository, snapshot, 'copy.txt')
  if (copies !== text.repeat(COPIES)) throw new Error(`Read wrong: "${text}" and "${copies.slice(0, 20)}"`)
  const { commits } = await repository.history(snapshot, { since: 0, ...never })
  if (commits[0]?.oid !== snapshot.commit) throw new Error(`Read wrong: ${commits[0]?.oid} of ${snapshot.commit}`)
  return text.trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await readOn(JSON.parse(process.argv[2] ?? ''))
