import type { Credentials } from './access.js'
import type { ExchangeAnswer } from './exchange.js'

/** Where the user name and password of a server come from. */
export interface LoginSource {
  /** Throws `GitError`, the state alone. */
  find(signal: AbortSignal): Promise<Credentials>
  /** Takes note that these were refused. Returns whether `find` may give others now. */
  forget(refused: Credentials): boolean
  /** What must not be shown. */
  secrets(): readonly string[]
}

export function fixedLogin(credentials: Credentials): LoginSource {
  const secrets = secretsOf(credentials)
  return { find: async () => credentials, forget: () => false, secrets: () => secrets }
}

export interface Asked {
  readonly answer: ExchangeAnswer
  readonly authenticated: boolean
}

/** Sends with the credentials that are known, and once more where they are refused and others are to be had. */
export async function askWithLogin(
  login: LoginSource | undefined,
  signal: AbortSignal,
  send: (headers: { readonly authorization?: string }) => Promise<ExchangeAnswer>,
): Promise<Asked> {
  if (login === undefined) return { answer: await send({}), authenticated: false }
  const credentials = await login.find(signal)
  const answer = await send({ authorization: basic(credentials) })
  if (answer.status !== 401 || !login.forget(credentials)) return { answer, authenticated: true }
  answer.body.destroy()
  return { answer: await send({ authorization: basic(await login.find(signal)) }), authenticated: true }
}

/** The value of `Authorization` (RFC 7617). */
function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

export function secretsOf(credentials: Credentials): readonly string[] {
  return [credentials.password, basic(credentials).slice('Basic '.length)].filter((secret) => secret !== '')
}
