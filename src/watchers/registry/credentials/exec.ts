import { z } from 'zod'
import { tryParseJson } from '../json.js'
import { printable } from '../printable.js'
import type { Obtained } from './cache.js'
import { runProgram } from './program.js'

/** An instant of RFC 3339. */
const INSTANT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

const MIN_SECRET_LENGTH = 4

const ANSWER = z.object({
  username: z.string().min(1),
  password: z.string(),
  expiresAt: z
    .string()
    .refine((text) => INSTANT.test(text) && !Number.isNaN(Date.parse(text)))
    .optional(),
})

/**
 * Runs a user's own program, which gets the registry's host on stdin and prints
 * `{"username": …, "password": …, "expiresAt": "2026-11-20T12:00:00Z"}`, of which `expiresAt` may be left out.
 */
export async function askProgram(command: readonly string[], registry: string, signal: AbortSignal): Promise<Obtained> {
  const [program = '', ...args] = command
  const { code, stdout, stderr } = await runProgram(program, args, registry, signal)
  if (code !== 0) throw new Error(`"${program}" ended with ${code ?? 'a signal'} (${printable(without(args, stderr))})`)

  const checked = ANSWER.safeParse(tryParseJson(Buffer.from(stdout)))
  if (!checked.success) {
    const field = checked.error.issues[0]?.path.join('.')
    throw new Error(`"${program}" printed no ${field ? `valid "${field}"` : 'JSON object'}`)
  }
  const { username, password, expiresAt } = checked.data
  return {
    credential: { kind: 'password', username, password },
    expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
  }
}

/** Programs like to repeat their arguments, and one of these may be a secret. */
function without(args: readonly string[], text: string): string {
  return args.reduce((rest, arg) => (arg.length < MIN_SECRET_LENGTH ? rest : rest.replaceAll(arg, '***')), text)
}
