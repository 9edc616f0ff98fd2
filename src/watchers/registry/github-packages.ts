import { type Repository, repositoryKey } from '../../image/repository.js'
import type { Clock } from '../../lifecycle/clock.js'
import { isPausing } from '../../lifecycle/pause.js'
import { type Credential, credentialId } from './credential.js'
import { RegistryError } from './errors.js'
import { etagIn, PAGE_SIZE, tryParseVersions } from './github-versions.js'
import type { Answer, Http } from './http.js'
import type { Said, Shortcut } from './shortcut.js'

/** The origin of the API that tells of a registry's packages, and takes its credentials, by registry. */
export type PackageApis = Readonly<Record<string, string>>

export const PACKAGE_APIS: PackageApis = { 'ghcr.io': 'https://api.github.com' }

export interface PackageQuestion {
  readonly origin: string
  readonly repository: Repository
  /** Shown to `origin` and to nobody else. */
  readonly credential: Credential | undefined
  readonly action: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface GithubPackages {
  /** Undefined where there is no token to ask with, or it was no use before. */
  shortcutTo(question: PackageQuestion): Shortcut | undefined
}

const OWNER_KINDS = ['orgs', 'users'] as const
type OwnerKind = (typeof OWNER_KINDS)[number]

/** GitHub counts requests by the hour. */
const LONGEST_REST_MS = 3_600_000
const MOST_REMEMBERED = 10_000

/**
 * A package's list of versions (GitHub's documentation, "REST API endpoints for packages") tells by one request that its tags
 * are as they were: it is asked for with an ETag, and 304 in answer to a token does not count ("Best practices for using the
 * REST API"). The registry's own list takes a token of the registry's besides, of which nobody says that it lasts a minute.
 *
 * The order of versions is not documented, and an old image that is given a new tag may stand on any page. So this is for
 * packages of one page only. All others are left to the registry for good; so are those that the API does not know, and all
 * of an owner whose packages the token may not read.
 */
export function githubPackages({ http, clock }: { readonly http: Http; readonly clock: Clock }): GithubPackages {
  const kinds = new Map<string, OwnerKind>() // by owner
  const useless = new Map<string, true>() // owners and repositories
  const rests = new Map<string, number>() // until when, by credential

  const ask = async (question: KeyedQuestion, text: string): Promise<Said | undefined> => {
    const { keys } = question
    const etag = etagIn(text)
    const kind = kinds.get(keys.owner)
    for (const each of kind === undefined ? OWNER_KINDS : [kind]) {
      if (isPausing(rests.get(keys.credential) ?? 0, clock.now(), LONGEST_REST_MS)) return undefined
      const answer = await http.send(requestFor(question, each, etag))
      const rest = restIn(answer, clock.now())
      if (rest !== undefined) remember(rests, keys.credential, rest)

      if (answer.status === 404) continue
      if (isForbidden(answer)) remember(useless, keys.owner, true)
      const isSame = answer.status === 304 && etag !== undefined
      if (answer.status !== 200 && !isSame) return undefined
      remember(kinds, keys.owner, each)
      const said = isSame ? { text, complete: true, facts: new Map() } : tryParseVersions(answer)
      if (said === undefined) remember(useless, keys.repository, true)
      return said
    }
    remember(useless, keys.repository, true)
    return undefined
  }

  return {
    shortcutTo(question) {
      const { origin, repository, credential } = question
      if (credential?.kind !== 'password' || credential.password === '') return undefined
      const [owner = '', ...rest] = repository.path.split('/')
      const id = `${origin} ${credentialId(credential)}`
      const keys = { credential: id, owner: `${id} ${owner}`, repository: `${id} ${repositoryKey(repository)}` }
      if (rest.length === 0 || useless.has(keys.owner) || useless.has(keys.repository)) return undefined
      const keyed = { ...question, keys, owner, name: rest.join('/'), token: credential.password }
      return {
        short: true,
        ask: (text) =>
          ask(keyed, text).catch((error) => {
            if (!(error instanceof RegistryError)) throw error
            // Where nobody answers, each repository would wait for it.
            if (error.retryable) remember(rests, keys.credential, clock.now() + LONGEST_REST_MS)
            else remember(useless, keys.repository, true)
            return undefined
          }),
      }
    },
  }
}

interface KeyedQuestion extends PackageQuestion {
  readonly keys: Readonly<Record<'credential' | 'owner' | 'repository', string>>
  readonly owner: string
  readonly name: string
  readonly token: string
}

function requestFor(question: KeyedQuestion, kind: OwnerKind, etag: string | undefined) {
  const { origin, repository, credential, action, maxBytes, signal, owner, name, token } = question
  const path = `${kind}/${owner}/packages/container/${encodeURIComponent(name)}/versions`
  return {
    registry: repository.registry,
    operation: 'tags',
    action,
    method: 'GET',
    url: new URL(`${origin}/${path}?per_page=${PAGE_SIZE}`),
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      ...(etag !== undefined && { 'if-none-match': etag }),
    },
    authorization: `Bearer ${token}`,
    credential,
    maxBytes,
    mayLeave: false,
    signal,
  } as const
}

/**
 * Until when the API is left alone: half of the requests are for whatever else the token is used for, and who asked too often
 * is told when to come back (GitHub's documentation, "Rate limits for the REST API").
 */
function restIn(answer: Answer, now: number): number | undefined {
  const limit = countIn(answer, 'x-ratelimit-limit')
  const remaining = countIn(answer, 'x-ratelimit-remaining')
  const isSpent = limit !== undefined && remaining !== undefined && remaining * 2 < limit
  if (!isSpent && !isTooOften(answer)) return undefined
  const reset = countIn(answer, 'x-ratelimit-reset')
  const latest = now + LONGEST_REST_MS
  return reset === undefined ? latest : Math.min(reset * 1_000, latest)
}

function isForbidden(answer: Answer): boolean {
  return answer.status === 401 || (answer.status === 403 && !isTooOften(answer))
}

/** GitHub answers 403 for this as well as 429. */
function isTooOften(answer: Answer): boolean {
  if (answer.status !== 403) return answer.status === 429
  return answer.headers['retry-after'] !== undefined || countIn(answer, 'x-ratelimit-remaining') === 0
}

function countIn({ headers }: Answer, name: string): number | undefined {
  const text = headers[name]
  return typeof text === 'string' && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined
}

/** Lets go of what is oldest where there is too much: it is found out again. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  const [oldest] = map.keys()
  if (oldest !== undefined && map.size >= MOST_REMEMBERED) map.delete(oldest)
  map.set(key, value)
}
