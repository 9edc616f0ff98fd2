import { formatPlatform, type Platform, runsOn } from '../image/platform.js'
import type { Tag } from '../image/tag.js'
import type { Gate, Stay } from './gate.js'
import { formatDuration, formatInstant } from './time-text.js'

/** What a policy demands of a tag before it is written. */
export interface Demands {
  readonly holds?: readonly Hold[]
  readonly minimumAgeMs?: number
  readonly after?: { readonly policy: string; readonly soakMs: number }
  /** An image must run on each. */
  readonly platforms?: readonly Platform[]
  /** Whether it must be signed; by whom, whoever verifies knows. */
  readonly signed?: boolean
}

export interface Hold {
  readonly tag: Tag
  readonly reason: string
  /** In milliseconds since the Unix epoch. Absent: until somebody takes the hold out of the file. */
  readonly until?: number
}

/** The gates of a policy, those that cost no request first. */
export function createGates({ holds, minimumAgeMs, after, platforms, signed }: Demands): readonly Gate[] {
  return [
    ...(holds === undefined || holds.length === 0 ? [] : [holdGate(holds)]),
    ...(after === undefined ? [] : [afterGate(after.policy, after.soakMs)]),
    ...(minimumAgeMs === undefined ? [] : [minimumAgeGate(minimumAgeMs)]),
    ...(platforms === undefined ? [] : [platformsGate(platforms)]),
    ...(signed === true ? [signatureGate] : []),
  ]
}

function holdGate(holds: readonly Hold[]): Gate {
  const lasts = ({ until }: Hold, now: number) => until === undefined || now < until

  return (tag, _, now) => {
    // Of two holds on one tag, the one that lasts longer keeps it.
    const [hold] = holds
      .filter((other) => other.tag === tag && lasts(other, now))
      .sort((a, b) => (b.until ?? Number.POSITIVE_INFINITY) - (a.until ?? Number.POSITIVE_INFINITY))
    if (hold === undefined) return undefined
    const { reason, until } = hold
    if (until === undefined) return { gate: 'hold', reason: `held: ${reason}` }
    return { gate: 'hold', reason: `held until ${formatInstant(until)}: ${reason}`, until }
  }
}

function minimumAgeGate(ageMs: number): Gate {
  const age = formatDuration(ageMs)

  return (_, { seenSince, seenSinceAtMost }, now) => {
    const known = seenSince ?? seenSinceAtMost
    if (known === undefined) return { asks: 'seenSince' }
    const until = known + ageMs
    // What was too young when it was last asked for is so without being asked for again.
    if (now >= until) return seenSince === undefined ? { asks: 'seenSince' } : undefined
    const reason = `too young: first seen ${formatInstant(known)}, ${age} old at ${formatInstant(until)}`
    return { gate: 'minimum-age', reason, until }
  }
}

function afterGate(policy: string, soakMs: number): Gate {
  return (_, { stays = [] }, now) => {
    if (stays.length === 0 || stays.some((branch) => branch.length === 0)) {
      return { gate: 'after', reason: `the policy "${policy}" has not had it in Git` }
    }
    // The branch that is the last to have had it for long enough decides.
    const passesAt = Math.max(...stays.map((branch) => Math.min(...branch.map((stay) => soakedAt(stay, soakMs)))))
    if (now >= passesAt) return undefined
    const soak = formatDuration(soakMs)
    if (passesAt === Number.POSITIVE_INFINITY) {
      return { gate: 'after', reason: `the policy "${policy}" had it in Git for less than ${soak}` }
    }
    const reason = `the policy "${policy}" will have had it in Git for ${soak} at ${formatInstant(passesAt)}`
    return { gate: 'after', reason, until: passesAt }
  }
}

/** When a tag has stood for so long, or never. */
function soakedAt({ since, until = Number.POSITIVE_INFINITY }: Stay, soakMs: number): number {
  return since + soakMs <= until ? since + soakMs : Number.POSITIVE_INFINITY
}

function platformsGate(required: readonly Platform[]): Gate {
  return (_, { platforms }) => {
    if (platforms === undefined) return { asks: 'platforms' }
    const missing = required.filter((machine) => !platforms.some((built) => runsOn(built, machine)))
    if (missing.length === 0) return undefined
    const list = missing.map(formatPlatform).join(', ')
    if (platforms.length === 0) return { gate: 'platforms', reason: `does not say what it runs on, ${list} is needed` }
    return { gate: 'platforms', reason: `lacks ${list}, has ${platforms.map(formatPlatform).join(', ')}` }
  }
}

const signatureGate: Gate = (_, { signature }) => {
  if (signature === undefined) return { asks: 'signature' }
  return signature.verified ? undefined : { gate: 'signature', reason: signature.reason }
}
