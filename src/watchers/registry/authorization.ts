import { type Reach, reachOf } from '../../net/address.js'
import { type Challenge, parseChallenges } from './challenge.js'
import { basicAuthorization, type Credential } from './credential.js'
import { RegistryError } from './errors.js'
import type { Answer, Http, HttpRequest } from './http.js'
import { judgeRealm, type Realm } from './realm.js'
import { isRefusal } from './refusal.js'
import type { Tokens } from './tokens.js'

/** A request to the registry's own host, about one of its repositories. */
export interface AuthorizedRequest extends Omit<HttpRequest, 'authorization' | 'reach' | 'mayLeave'> {
  /** What a token must allow, such as `repository:team/app:pull`. */
  readonly scope: string
  readonly credential: Credential | undefined
}

export interface Authorization {
  /**
   * Sends a request with what the registry's host wanted last, and answers its challenge once where it wants something else.
   * A 401 that remains is an answer. Throws `RegistryError`, or the signal's reason.
   */
  send(request: AuthorizedRequest): Promise<Answer>
}

/** How a host wants to be asked, by what it answered. */
type Scheme =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: Realm; readonly service: string | undefined; readonly reach: Reach }

export function authorization(http: Http, tokens: Tokens): Authorization {
  const schemes = new Map<string, Scheme>() // by origin

  const headerFor = async (scheme: Scheme, request: AuthorizedRequest): Promise<string | undefined> => {
    const { credential, signal } = request
    if (scheme.kind === 'basic') return basicAuthorization(credential)
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`
    const { realm, service } = scheme
    if (credential !== undefined && !realm.trusted) {
      const place = `"${realm.url.origin}${realm.url.pathname}"`
      throw new RegistryError('REFUSED_TARGET', `${request.action}: token realm ${place} may not see the credentials`)
    }
    const reach = realm.url.host === request.url.host ? undefined : scheme.reach
    const { registry, scope } = request
    return `Bearer ${await tokens.get({ registry, realm: realm.url, service, scope, credential, reach }, signal)}`
  }

  return {
    async send(request) {
      const send = (authorization: string | undefined) => http.send({ ...request, authorization, mayLeave: true })
      const scheme = schemes.get(request.url.origin)
      const refused = scheme && (await headerFor(scheme, request))
      const first = await send(refused)
      let answer = first
      if (refused === undefined ? !isChallenge(answer, request) : !isRefusal(answer, request)) return answer

      if (refused !== undefined) {
        // An expired token is one reason. And Harbor offers Bearer only to a request without any authorization.
        tokens.forget(refused.replace(/^Bearer /, ''))
        schemes.delete(request.url.origin)
        answer = await send(undefined)
        if (!isChallenge(answer, request)) return answer
      }
      const wanted = schemeOf(answer, request)
      const header = wanted && (await headerFor(wanted, request))
      if (wanted === undefined || header === undefined) return answer
      if (header === refused) return first // it says why, to those who have credentials
      schemes.set(request.url.origin, wanted)
      return send(header)
    },
  }
}

/** A 401 of the host that was asked: one that a redirect led to has no claim to credentials. */
function isChallenge(answer: Answer, request: AuthorizedRequest): boolean {
  return answer.status === 401 && answer.url.origin === request.url.origin
}

/** The first scheme that these credentials can answer. */
function schemeOf(answer: Answer, request: AuthorizedRequest): Scheme | undefined {
  for (const challenge of parseChallenges(answer.headers['www-authenticate'] ?? '')) {
    if (challenge.scheme === 'basic' && basicAuthorization(request.credential) !== undefined) return { kind: 'basic' }
    const bearer = challenge.scheme === 'bearer' ? bearerScheme(challenge, answer, request) : undefined
    if (bearer !== undefined) return bearer
  }
  return undefined
}

function bearerScheme({ parameters }: Challenge, answer: Answer, request: AuthorizedRequest): Scheme | undefined {
  const realm = parameters.get('realm')
  if (realm === undefined) return undefined
  return {
    kind: 'bearer',
    realm: judgeRealm(request.action, realm, request.url),
    service: parameters.get('service'),
    reach: reachOf(answer.address),
  }
}
