import type { Logger } from './logger.js'

/** A push event that was not taken. */
export interface Refusal {
  readonly webhook: string
  readonly outcome: string
  readonly reason?: string
}

const TOLD_EVERY_MS = 60_000

/**
 * Tells of refused push events once a minute for each webhook, with how many there were: whoever may send anything shall not fill
 * the log.
 */
export function createRefusals(log: Pick<Logger, 'warn' | 'debug'>, now: () => number): (refusal: Refusal) => void {
  // Their names are those of the policy file, and one for all that are not in it.
  const untold = new Map<string, { toldAt: number; refused: number }>()

  return ({ webhook, outcome, reason }) => {
    const kept = untold.get(webhook)
    const refused = (kept?.refused ?? 0) + 1
    const isNews = kept === undefined || now() - kept.toldAt >= TOLD_EVERY_MS || now() < kept.toldAt
    untold.set(webhook, isNews ? { toldAt: now(), refused: 0 } : { ...kept, refused })
    log[isNews ? 'warn' : 'debug']('Push event refused', { webhook, outcome, reason, refused })
  }
}
