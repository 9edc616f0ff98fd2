import { z } from 'zod'
import { tryParseJson } from '../json.js'
import { printable } from '../printable.js'
import type { Obtained } from './cache.js'
import { runProgram } from './program.js'

/** What follows `docker-credential-` in a program's name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** The docker-credential-helpers project, credentials/error.go: printed on stdout where there is no such entry. */
const NOT_FOUND = 'credentials not found in native keychain'

const ANSWER = z.object({ Username: z.string(), Secret: z.string() })

/**
 * Asks Docker's credential helper of a name: `get`, with the registry on stdin and JSON on stdout, as in the
 * docker-credential-helpers project's README and client/client.go. A failing one says why on stdout.
 */
export async function askDockerHelper(name: string, registry: string, signal: AbortSignal): Promise<Obtained> {
  if (!NAME.test(name)) throw new Error(`"${printable(name)}" is not the name of a credential helper`)
  const program = `docker-credential-${name}`
  const { code, stdout, stderr } = await runProgram(program, ['get'], serverOf(registry), signal)
  if (code !== 0) {
    if (stdout.trim() === NOT_FOUND) return { credential: undefined }
    // JSON on a failure is none of the protocol's messages and may be a secret.
    const said = stdout.trim() === '' || stdout.includes('{') ? stderr : stdout
    throw new Error(`"${program}" ended with ${code ?? 'a signal'} (${printable(said)})`)
  }

  const { data } = ANSWER.safeParse(tryParseJson(Buffer.from(stdout)))
  if (data === undefined) throw new Error(`"${program}" printed no credentials`)
  const { Username: username, Secret: secret } = data
  if (username === '<token>') return { credential: { kind: 'identity', token: secret, username: '', password: '' } }
  return { credential: username === '' ? undefined : { kind: 'password', username, password: secret } }
}

/** Docker Hub is kept under the address of its first API. */
function serverOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
}
