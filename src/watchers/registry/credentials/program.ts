import { spawn } from 'node:child_process'

export interface ProgramResult {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  /** Its end, where it is long. */
  readonly stderr: string
}

/** Credentials are a few kilobytes at most. */
const MAX_STDOUT = 64 * 1_024
const MAX_STDERR = 4 * 1_024

/**
 * Runs a program without a shell, gives it `input`, and collects what it says. It and what it started are killed when the
 * signal aborts. Rejects with the signal's reason, or where the program cannot be started or says too much.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<ProgramResult> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    // A group of its own, so that a script's children end with it.
    const child = spawn(program, args, { detached: true, stdio: 'pipe' })
    const stdout: Buffer[] = []
    let length = 0
    let stderr = ''

    const finish = () => signal.removeEventListener('abort', abort)
    const fail = (error: unknown) => {
      finish()
      reject(error)
      killGroup(child.pid)
      for (const stream of child.stdio) stream?.destroy() // something that left the group may still hold them
    }
    const abort = () => fail(signal.reason)

    signal.addEventListener('abort', abort, { once: true })
    child.on('error', (error) => fail(startError(program, error)))
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MAX_STDOUT) fail(new Error(`"${program}" printed more than ${MAX_STDOUT} bytes`))
      else stdout.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-MAX_STDERR)
    })
    child.stdin.on('error', () => {}) // it need not read what it is given
    child.stdin.end(input)
    child.on('close', (code) => {
      finish()
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr })
    })
  })
}

function startError(program: string, error: Error): Error {
  const missing = 'code' in error && error.code === 'ENOENT'
  return new Error(missing ? `program "${program}" was not found` : `"${program}" cannot be run: ${error.message}`, {
    cause: error,
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
