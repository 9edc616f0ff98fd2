import { reasonOf } from '../../../error.js'
import type { Clock } from '../../../lifecycle/clock.js'
import { isPausing } from '../../../lifecycle/pause.js'
import { untilAborted } from '../../../lifecycle/until-aborted.js'
import type { Credential } from '../credential.js'
import { RegistryError } from '../errors.js'
import { printable } from '../printable.js'

/** What a program or a cloud gave. */
export interface Obtained {
  /** Undefined where it has none for this registry. */
  readonly credential: Credential | undefined
  /** In milliseconds since the Unix epoch; absent where nothing was said. */
  readonly expiresAt?: number | undefined
}

export interface CredentialQuestion {
  /** Tells questions apart that have different answers. */
  readonly key: string
  /** Start of every error's message. */
  readonly action: string
  readonly ask: (signal: AbortSignal) => Promise<Obtained>
}

/** Credentials that cost time to get: asked for once by many at a time, and again before they expire. */
export interface CredentialCache {
  /** Throws `RegistryError`, `CREDENTIALS` where the question failed by itself, or the signal's reason. */
  get(question: CredentialQuestion, signal: AbortSignal): Promise<Credential | undefined>
  /** Lets go of a credential that was refused, unless it was got within the last minute: a new one would be no better. */
  forget(credential: Credential): void
}

export interface CredentialCacheOptions {
  readonly clock: Clock
  /** Ends questions under way: they belong to several callers, so that no caller's own signal may. */
  readonly stopping: AbortSignal
}

const ASK_MS = 30_000
/** So long a failure counts as the answer, so that a broken program is not run for every request. */
const FAILURE_MS = 10_000
const KEPT_AT_LEAST_MS = 60_000
/** Of credentials of which nothing is said. */
const DEFAULT_LIFE_MS = 10 * 60_000
const LONGEST_LIFE_MS = 24 * 3_600_000

export function credentialCache({ clock, stopping }: CredentialCacheOptions): CredentialCache {
  const entries = new Map<string, Entry>()
  const underWay = new Map<string, Promise<Entry>>()

  const askWithin = ({ ask }: CredentialQuestion): Promise<Obtained> => {
    const late = new AbortController()
    const cancel = clock.after(ASK_MS, () => late.abort(new Error(`no answer within ${ASK_MS} ms`)))
    const signal = AbortSignal.any([stopping, late.signal])
    return untilAborted(signal, ask(signal)).finally(cancel)
  }

  const fetchEntry = async (question: CredentialQuestion, known: Entry | undefined): Promise<Entry> => {
    const askedAt = clock.now()
    try {
      return entryOf(await askWithin(question), askedAt, clock.now())
    } catch (thrown) {
      const renewAt = clock.now() + FAILURE_MS
      // One that is still valid is better than none.
      if (isValid(known, clock.now())) return { ...known, renewAt }
      return { failure: failureOf(question.action, thrown), renewAt }
    }
  }

  const renew = ({ key, ...rest }: CredentialQuestion, known: Entry | undefined): Promise<Entry> => {
    let fetching = underWay.get(key)
    if (fetching === undefined) {
      fetching = fetchEntry({ key, ...rest }, known).then((entry) => {
        entries.set(key, entry)
        underWay.delete(key)
        return entry
      })
      underWay.set(key, fetching)
    }
    return fetching
  }

  return {
    async get(question, signal) {
      const known = entries.get(question.key)
      if (known !== undefined && isPausing(known.renewAt, clock.now(), longestOf(known))) return outcomeOf(known)
      const fetching = renew(question, known)
      return outcomeOf(isValid(known, clock.now()) ? known : await untilAborted(signal, fetching))
    },
    forget(credential) {
      for (const [key, entry] of entries) {
        if ('failure' in entry || entry.credential !== credential) continue
        if (!isPausing(entry.askedAt + KEPT_AT_LEAST_MS, clock.now(), KEPT_AT_LEAST_MS)) entries.delete(key)
      }
    },
  }
}

interface Given {
  readonly credential: Credential | undefined
  readonly askedAt: number
  readonly expiresAt: number
  /** From when on the question is asked again. */
  readonly renewAt: number
}

type Entry = Given | { readonly failure: RegistryError; readonly renewAt: number }

/** Renewed at half of its life, as Amazon's own helper for ECR does: that leaves time for a cloud that is away. */
function entryOf({ credential, expiresAt }: Obtained, askedAt: number, now: number): Given {
  if (expiresAt !== undefined && expiresAt <= now) throw new Error('they have expired already')
  const lifeMs = Math.min((expiresAt ?? askedAt + DEFAULT_LIFE_MS) - askedAt, LONGEST_LIFE_MS)
  return { credential, askedAt, expiresAt: askedAt + lifeMs, renewAt: askedAt + lifeMs / 2 }
}

function longestOf(entry: Entry): number {
  return 'failure' in entry ? FAILURE_MS : LONGEST_LIFE_MS
}

function isValid(entry: Entry | undefined, now: number): entry is Given {
  return entry !== undefined && !('failure' in entry) && now < entry.expiresAt
}

function outcomeOf(entry: Entry): Credential | undefined {
  if ('failure' in entry) throw entry.failure
  return entry.credential
}

function failureOf(action: string, thrown: unknown): RegistryError {
  if (thrown instanceof RegistryError) return thrown
  const message = `${action}: ${printable(reasonOf(thrown))}`
  return new RegistryError('CREDENTIALS', message, { cause: thrown, retryable: true })
}
