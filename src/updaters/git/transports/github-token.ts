import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../../lifecycle/clock.js'
import { systemCodeOf } from '../../../net/system-code.js'
import { serverText } from '../answer.js'
import { GitError } from '../errors.js'
import type { Credentials, GitHubAppLogin, PrivateKey } from './access.js'
import { boundedBody } from './bounded-body.js'
import { openDeadline } from './deadline.js'
import type { Exchange, ExchangeAnswer } from './exchange.js'
import { failureOf } from './failure.js'

export interface TokenOptions {
  /** The repository's URL. */
  readonly base: URL
  readonly exchange: Exchange
  readonly clock: Clock
}

/** A password for Git. Instants are milliseconds since the Unix epoch. */
export interface Token {
  readonly credentials: Credentials
  readonly renewAt: number
  readonly expiresAt: number
}

/** Less than a conversation waits for its first byte: what is missing is named. */
const TOKEN_MS = 20_000
const MAX_BYTES = 256 * 1_024

/**
 * Asks for a token of an app's installation. Source: GitHub's REST documentation, "Generating a JSON Web Token (JWT) for a
 * GitHub App" and "Create an installation access token for an app".
 *
 * Throws `GitError`: `UNAUTHORIZED` where the key cannot be used or GitHub refuses it, `UNREACHABLE`, `INVALID_ANSWER`.
 */
export async function requestToken(
  { id, installation, key }: GitHubAppLogin['githubApp'],
  { base, exchange, clock }: TokenOptions,
  signal: AbortSignal,
): Promise<Token> {
  const url = new URL(`${githubApi(base)}/app/installations/${encodeURIComponent(installation)}/access_tokens`)
  const deadline = openDeadline({ clock, idleMs: TOKEN_MS, totalMs: TOKEN_MS, signal })
  try {
    const jwt = signedJwt(id, await readKey(key), clock)
    const headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${jwt}` }
    const hop = { url, reach: undefined }
    const answer = await exchange({ hop, method: 'POST', headers, repeatable: true, signal: deadline.signal })
    const body = parseJson(await collect(boundedBody(answer.body, deadline, MAX_BYTES)))
    if (answer.status === 201) return tokenOf(body, clock.now())
    const conceal = (text: string) => text.replaceAll(jwt, '***')
    throw refusal(answer, serverText({ conceal }, String(body.message || answer.statusText)))
  } catch (thrown) {
    const known = failureOf(thrown, deadline)
    if (!(known instanceof GitError)) throw known
    const message = `cannot get a token of GitHub app "${id}" from "${url.origin}": ${known.message}`
    throw new GitError(known.code, message, { cause: known, retryable: known.retryable })
  } finally {
    deadline.close()
  }
}

/** Source: GitHub's REST documentation, "Getting started with the REST API", and for its own servers and GHE.com theirs. */
export function githubApi({ host, origin, protocol }: URL): string {
  if (host === 'github.com' || host === 'www.github.com') return 'https://api.github.com'
  if (host.endsWith('.ghe.com')) return `${protocol}//api.${host}`
  return `${origin}/api/v3`
}

const LEEWAY_S = 60
/** GitHub takes ten minutes at most, by its own clock. */
const LIFETIME_S = 9 * 60

function signedJwt(id: string, key: KeyObject, clock: Clock): string {
  const now = Math.floor(clock.now() / 1_000)
  const claims = { iat: now - LEEWAY_S, exp: now + LIFETIME_S, iss: id }
  const text = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Read anew for each token, so that a replaced one needs no restart. PKCS#1 as GitHub makes them, and PKCS#8. */
async function readKey(key: PrivateKey): Promise<KeyObject> {
  const name = 'file' in key ? `the private key "${key.file}" of the GitHub app` : 'the private key of the GitHub app'
  const unusable = (what: string) => new GitError('UNAUTHORIZED', `${name} ${what}`)
  let text: string
  try {
    text = 'file' in key ? await readFile(key.file, 'utf8') : key.text
  } catch (error) {
    throw unusable(`cannot be read (${systemCodeOf(error)})`)
  }
  let parsed: KeyObject
  try {
    parsed = createPrivateKey(text)
  } catch (error) {
    // The sentence of OpenSSL would help nobody.
    throw unusable(`is not one in PEM without a passphrase (${systemCodeOf(error)})`)
  }
  if (parsed.asymmetricKeyType !== 'rsa') throw unusable(`is ${parsed.asymmetricKeyType} and not RSA`)
  return parsed
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function refusal({ status, headers }: ExchangeAnswer, said: string): GitError {
  const message = `server answered ${status} ${said}`.trimEnd()
  if (status === 401)
    return new GitError('UNAUTHORIZED', `${message} (the key is not this app's, or the clock is wrong)`)
  if (status === 404) return new GitError('UNAUTHORIZED', `${message} (no such app, or it has no such installation)`)
  // GitHub's REST documentation, "Rate limits for the REST API": exceeding one is answered 403 or 429.
  const isLimited = status === 429 || headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined
  if (isLimited || status >= 500) return new GitError('UNREACHABLE', message, { retryable: true })
  return new GitError('UNAUTHORIZED', message)
}

function tokenOf({ token, expires_at: expires }: Readonly<Record<string, unknown>>, now: number): Token {
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,4000}$/.test(token) || Number.isNaN(expiresAt))
    throw new GitError('INVALID_ANSWER', 'server answered 201 without a token and its end')
  const credentials = { username: 'x-access-token', password: token }
  // A push that is under way may take its time, and the other clock may be ahead.
  return { credentials, renewAt: now + (expiresAt - now) * RENEWED_SHARE, expiresAt }
}

/** Of an hour, which GitHub's tokens last, this leaves six minutes. */
const RENEWED_SHARE = 0.9
