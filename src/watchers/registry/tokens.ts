import type { Clock } from '../../lifecycle/clock.js'
import { untilAborted } from '../../lifecycle/until-aborted.js'
import type { Reach } from '../../net/address.js'
import type { Bounds } from './bounds.js'
import { basicAuthorization, type Credential, credentialId } from './credential.js'
import { RegistryError } from './errors.js'
import { answerError } from './failure.js'
import type { Answer, Http, HttpRequest } from './http.js'
import { tryParseJson } from './json.js'

/** Leave to pull one repository, asked of a token server. */
export interface TokenRequest {
  readonly registry: string
  readonly realm: URL
  readonly service: string | undefined
  /** Such as `repository:team/app:pull`. */
  readonly scope: string
  readonly credential: Exclude<Credential, { kind: 'bearer' }> | undefined
  /** How near the token server may be; absent where it is the registry's own host. */
  readonly reach: Reach | undefined
}

/** Bearer tokens as Docker's token authentication gives them (distribution project, spec/auth/token.md and oauth.md). */
export interface Tokens {
  /** A token that is valid now. Calls at one time share one request. Throws `RegistryError`, or the signal's reason. */
  get(request: TokenRequest, signal: AbortSignal): Promise<string>
  /** Lets go of a token that the registry refused. */
  forget(token: string): void
}

/** The specification's, both as the default and as the least that a server may give. */
const MIN_LIFETIME_S = 60
const MAX_LIFETIME_S = 3_600
/** A token is used for this share of its life, so that it does not expire on its way. */
const USED_SHARE = 0.9

const MAX_TOKENS = 5_000
/** Node's own servers refuse headers of 16 KiB. */
const MAX_TOKEN_LENGTH = 16 * 1_024

export interface TokensOptions {
  readonly http: Http
  readonly clock: Clock
  readonly bounds: Pick<Bounds, 'tokenBytes'>
  /** Ends requests under way: they belong to several callers, so that no caller's own signal may. */
  readonly stopping: AbortSignal
}

export function tokenCache({ http, clock, bounds, stopping }: TokensOptions): Tokens {
  const tokens = new Map<string, Token>()
  const underWay = new Map<string, Promise<string>>()

  const fetchToken = async (request: TokenRequest, key: string): Promise<string> => {
    const askedAt = clock.now()
    const answer = await ask(http, request, bounds.tokenBytes, stopping)
    const { text, lifetimeS } = tokenIn(answer, request, clock.now())
    tokens.delete(key)
    if (tokens.size >= MAX_TOKENS) tokens.delete(oldestOf(tokens))
    tokens.set(key, { text, expiresAt: askedAt + lifetimeS * USED_SHARE * 1_000 })
    return text
  }

  return {
    get(request, signal) {
      const key = keyOf(request)
      const known = tokens.get(key)
      if (known !== undefined && clock.now() < known.expiresAt) return Promise.resolve(known.text)
      let fetching = underWay.get(key)
      if (fetching === undefined) {
        fetching = fetchToken(request, key).finally(() => underWay.delete(key))
        underWay.set(key, fetching)
      }
      return untilAborted(signal, fetching)
    },
    forget(token) {
      for (const [key, { text }] of tokens) if (text === token) tokens.delete(key)
    },
  }
}

interface Token {
  readonly text: string
  readonly expiresAt: number
}

async function ask(http: Http, request: TokenRequest, maxBytes: number, signal: AbortSignal): Promise<Answer> {
  const { registry, realm, service, scope, credential, reach } = request
  const common = {
    registry,
    operation: 'token',
    action: actionOf(request),
    credential,
    maxBytes,
    reach,
    mayLeave: false,
    signal,
  } satisfies Partial<HttpRequest>
  const parameters = { ...(service !== undefined && { service }), scope }

  if (credential?.kind === 'identity') {
    const body = String(
      new URLSearchParams({
        ...parameters,
        grant_type: 'refresh_token',
        client_id: 'tidemark',
        refresh_token: credential.token,
      }),
    )
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await http.send({ ...common, method: 'POST', url: realm, headers, body })
    if (answer.status !== 404 && answer.status !== 405) return answer
  }
  const url = new URL(realm)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return http.send({ ...common, method: 'GET', url, authorization: basicAuthorization(credential) })
}

function tokenIn(answer: Answer, request: TokenRequest, now: number): { text: string; lifetimeS: number } {
  const { realm } = request
  const action = actionOf(request)
  const party = `token server "${realm.origin}${realm.pathname}"`
  if (answer.status !== 200) throw answerError(action, party, answer, now)

  const { token, access_token: accessToken, expires_in: expiresIn } = Object(tryParseJson(answer.body))
  const text = token || accessToken
  if (typeof text !== 'string' || text.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(text)) {
    throw new RegistryError('INVALID_ANSWER', `${action}: ${party} answered no token`)
  }
  const seconds = typeof expiresIn === 'number' ? expiresIn : MIN_LIFETIME_S
  return { text, lifetimeS: Math.min(Math.max(seconds, MIN_LIFETIME_S), MAX_LIFETIME_S) }
}

function actionOf({ registry, scope }: TokenRequest): string {
  return `Cannot get a token of "${registry}" for "${scope}"`
}

function keyOf({ registry, realm, service, scope, credential }: TokenRequest): string {
  return JSON.stringify([registry, realm.href, service, scope, credentialId(credential)])
}

/** A map keeps the order in which its keys were set. */
function oldestOf(tokens: ReadonlyMap<string, Token>): string {
  const [key = ''] = tokens.keys()
  return key
}
