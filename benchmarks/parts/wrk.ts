import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Load {
  readonly connections: number
  readonly seconds: number
  /** The path of a Lua script that says what is sent. Default: GET. */
  readonly script?: string
}

/** How many requests a second `wrk` gets answered. */
export async function loadByWrk(url: string, { connections, seconds, script }: Load): Promise<number> {
  const options = ['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`]
  const scripted = script === undefined ? [] : ['--script', script]
  const { stdout } = await promisify(execFile)('wrk', [...options, ...scripted, url]).catch((error) => {
    throw error.code === 'ENOENT' ? new Error('Cannot load the server: this needs wrk') : error
  })
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`Cannot measure:\n${stdout}`)
  return Number(rate)
}
