import { isToken } from '../config/server.js'
import { reasonOf } from '../error.js'
import { oneLine } from '../telemetry/one-line.js'
import type { Command, Invocation } from './command.js'
import { ServiceError, UsageError } from './errors.js'

/** The options of commands that order something of a running service. */
export const SERVICE_OPTIONS = {
  server: { type: 'string', value: 'URL', summary: 'where the service is (default: server.host and server.port)' },
} as const satisfies Command['options']

const TOKEN_VARIABLE = 'TIDEMARK_ADMIN_TOKEN'
const TIMEOUT_MS = 15_000
/** What is answered is short. */
const MAX_ANSWER_LENGTH = 64 * 1024

/**
 * Orders an operation of a policy over the API and resolves to its answer. The policy file is read only for what neither `--server` nor
 * the environment says. Throws `UsageError` where the service cannot make sense of it, and `ServiceError`.
 */
export async function order(
  invocation: Invocation,
  policy: string,
  operation: 'hold' | 'release',
  wish: object,
): Promise<Readonly<Record<string, unknown>>> {
  const { url, token } = await serviceOf(invocation)
  const path = `${url}/api/v1/policies/${encodeURIComponent(policy)}/${operation}`
  const { status, text } = await post(path, token, JSON.stringify(wish), url, invocation.signal)
  const answer = tryParseObject(text)
  const sentence = typeof answer?.error === 'string' ? oneLine(answer.error) : undefined
  if (sentence !== undefined && (status === 404 || status === 422)) throw new UsageError(sentence)
  if (sentence !== undefined) throw new ServiceError('REFUSED', sentence)
  if (status === 200 && answer !== undefined) return answer
  throw new ServiceError('NO_SERVICE', `Cannot order from ${url}: HTTP ${status}, which is no answer of Tidemark`)
}

interface RunningService {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

async function serviceOf({ options, env, load }: Invocation): Promise<RunningService> {
  const given = options.server === undefined ? undefined : urlIn(String(options.server))
  // One that is empty is taken for none, as shells make them.
  const known = env[TOKEN_VARIABLE]?.trim() || undefined
  // What sends it would repeat in its complaint what it cannot send.
  if (known !== undefined && !isToken(known)) {
    throw new UsageError(`Cannot operate: ${TOKEN_VARIABLE} has other characters than a token has`)
  }
  if (given !== undefined && known !== undefined) return { url: given, token: known }
  const { server } = await load()
  const token = known ?? server.adminToken
  if (token !== undefined) return { url: given ?? urlOf(server), token }
  throw new UsageError(
    `Cannot operate: set ${TOKEN_VARIABLE}, or server.adminToken in the policy file of the service and here`,
  )
}

function urlIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (url !== undefined && isPlain && /^https?:$/.test(url.protocol))
    return `${url.origin}${url.pathname}`.replace(/\/$/, '')
  throw new UsageError('Cannot take --server: expected an http:// or https:// URL without a password and a query')
}

/** Who listens at every address is reached at the one of this machine. */
const REACHED_AT: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  if (port === 0) throw new UsageError('Cannot know where the service is: server.port is 0, name its --server')
  const reached = REACHED_AT[host] ?? host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** Follows no redirect: the token is for whom it was given. */
async function post(path: string, token: string, body: string, url: string, signal: AbortSignal) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    return { status: response.status, text: await textOf(response) }
  } catch (cause) {
    // What fetch throws itself says nothing.
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
    throw new ServiceError('NO_SERVICE', `Cannot reach Tidemark at ${url}: ${reasonOf(reason)}`, { cause })
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_ANSWER_LENGTH) return ''
  }
  return text
}

function tryParseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** The policy, and perhaps the tag, that a command names. Throws `UsageError`. */
export function policyAndTag(
  { operands }: Invocation,
  command: string,
): { readonly policy: string; readonly tag?: string } {
  const [policy, tag, ...more] = operands
  if (policy === undefined || more.length > 0) {
    throw new UsageError(`Cannot ${command}: name one policy, and perhaps a tag`)
  }
  return { policy, ...(tag !== undefined && { tag }) }
}
