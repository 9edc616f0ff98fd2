import type { Clock } from '../lifecycle/clock.js'

/** How often the webhooks may be asked, and how often anybody may fail to prove who it is. */
export interface WebhookLimits {
  /** Milliseconds until the next request would be taken, which is then not counted; 0 where this one is. */
  take(webhook: string, perSecond: number): number
  /** Milliseconds until somebody at this address may try again; 0 where that is now. */
  barred(webhook: string, address: string): number
  /** Notes that somebody at this address had no proof or a wrong one. */
  failed(webhook: string, address: string): void
}

/** Whoever mistypes a secret a few times is still told so; nobody guesses one at a try a second. */
const FAILURES = { burst: 10, perSecond: 1 }

/** Of so many addresses is known who failed. */
const MAX_ADDRESSES = 10_000

export function createWebhookLimits(clock: Clock): WebhookLimits {
  const requests = new Map<string, Bucket>()
  const failures = new Map<string, Bucket>()
  const keyOf = (webhook: string, address: string) => JSON.stringify([webhook, address])

  return {
    take(webhook, perSecond) {
      const size = { burst: Math.max(1, perSecond), perSecond }
      const bucket = requests.get(webhook) ?? { tokens: size.burst, filledAt: clock.now() }
      requests.set(webhook, bucket)
      const waitMs = fill(bucket, size)
      if (waitMs === 0) bucket.tokens -= 1
      return waitMs
    },
    barred(webhook, address) {
      const bucket = failures.get(keyOf(webhook, address))
      return bucket === undefined ? 0 : fill(bucket, FAILURES)
    },
    failed(webhook, address) {
      const key = keyOf(webhook, address)
      const bucket = failures.get(key) ?? { tokens: FAILURES.burst, filledAt: clock.now() }
      fill(bucket, FAILURES)
      bucket.tokens = Math.max(0, bucket.tokens - 1)
      failures.delete(key)
      failures.set(key, bucket)
      const [oldest] = failures.keys()
      if (failures.size > MAX_ADDRESSES && oldest !== undefined) failures.delete(oldest)
    },
  }

  /** Milliseconds until it has a token. */
  function fill(bucket: Bucket, { burst, perSecond }: typeof FAILURES): number {
    const now = clock.now()
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.filledAt) / 1_000) * perSecond)
    bucket.filledAt = now
    return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000)
  }
}

interface Bucket {
  tokens: number
  filledAt: number
}
