import http from 'node:http'
import https from 'node:https'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { reasonOf } from '../../error.js'
import type { Clock } from '../../lifecycle/clock.js'
import { createPools } from '../../net/pools.js'
import type { Proxies } from '../../net/proxies.js'
import { WebhookError } from './errors.js'

/** The public keys of whoever signs tokens. Both reject with a retryable `WebhookError` `UNAVAILABLE` where there are none to be had. */
export interface SigningKeys {
  current(): Promise<JWTVerifyGetKey>
  /** Newer ones than `current` gave; undefined where that was asked a moment ago. */
  newer(): Promise<JWTVerifyGetKey | undefined>
}

export interface SigningKeysOptions {
  readonly url: URL
  readonly proxies: Proxies
  readonly clock: Clock
}

/** One that is withdrawn is believed for no longer. */
const KEPT_MS = 3_600_000
/** Anybody may name a key that there is not. */
const ASKED_AGAIN_MS = 30_000
/** Whoever sends an event waits that long at least. */
const TIMEOUT_MS = 2_000
/** Google's have 1 to 3 KB. */
const MAX_BYTES = 256 * 1024

/** Asks for a JSON Web Key Set (RFC 7517, section 5) when it is first wanted, and again from time to time. */
export function signingKeys({ url, proxies, clock }: SigningKeysOptions): SigningKeys {
  const pools = createPools({ routeTo: (origin) => ({ origin }), proxies, clock, tunnelMs: TIMEOUT_MS, idleMs: 4_000 })
  let known: { readonly key: JWTVerifyGetKey; readonly at: number } | undefined
  let asking: Promise<JWTVerifyGetKey> | undefined
  let askedAt = Number.NEGATIVE_INFINITY

  return {
    async current() {
      return known !== undefined && isWithin(KEPT_MS, known.at) ? known.key : ask()
    },
    async newer() {
      return isWithin(ASKED_AGAIN_MS, askedAt) ? undefined : ask()
    },
  }

  // Where the clock was set back, nothing is.
  function isWithin(periodMs: number, instant: number): boolean {
    const age = clock.now() - instant
    return age >= 0 && age < periodMs
  }

  function ask(): Promise<JWTVerifyGetKey> {
    asking ??= fetchKeys().finally(() => {
      asking = undefined
    })
    return asking
  }

  async function fetchKeys(): Promise<JWTVerifyGetKey> {
    askedAt = clock.now()
    const { createLocalJWKSet } = await import('jose')
    try {
      const { agent } = pools.agentFor(url.origin, { url, reach: undefined })
      const key = createLocalJWKSet(JSON.parse(await textAt(url, agent)) as JSONWebKeySet)
      known = { key, at: clock.now() }
      return key
    } catch (cause) {
      const message = `Cannot check event: no keys from "${url.host}": ${reasonOf(cause)}`
      throw new WebhookError('UNAVAILABLE', message, { retryable: true, cause })
    }
  }
}

/** Does not follow redirects. */
function textAt(url: URL, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const { get } = url.protocol === 'https:' ? https : http
    const request = get(url, { agent, signal: AbortSignal.timeout(TIMEOUT_MS) }, async (response) => {
      try {
        if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`)
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk
          if (text.length > MAX_BYTES) throw new Error(`answered more than ${MAX_BYTES} bytes`)
        }
        resolve(text)
      } catch (error) {
        request.destroy()
        reject(error)
      }
    })
    request.once('error', reject)
  })
}
