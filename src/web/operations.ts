import { isTag } from '../image/tag.js'
import { parseInstant } from '../policies/local-time.js'
import type { Hold, Holds } from '../status/holds.js'
import { WebError } from './errors.js'

/** What people may order of a running service. Texts are as they were given: all of it throws `WebError` `UNKNOWN_POLICY` and `INVALID`, and retryable errors while the queue is away. */
export interface Operations {
  /** Orders a look at the policy's repository. */
  poll(policy: string, by: Operator): Promise<void>
  hold(policy: string, wish: HoldWish, by: Operator): Promise<Hold>
  /** Lifts the hold of a tag, or of every tag where none is given. Resolves to false where nothing was held. */
  release(policy: string, tag: string | undefined, by: Operator): Promise<boolean>
}

/** By which way it was ordered. */
export type Operator = 'api' | 'page'

export interface HoldWish {
  /** Absent: every tag. */
  readonly tag?: string | undefined
  /** One line of up to 200 characters. */
  readonly reason: string
  /** An instant such as `2026-12-24` or `2026-12-24T18:00Z`, or a duration such as `12h`. Absent: until it is lifted. */
  readonly until?: string | undefined
}

/** What an operation did, for the log. */
export interface Operation {
  readonly operation: 'poll' | 'hold' | 'release'
  readonly by: Operator
  readonly policy: string
  readonly tag?: string | undefined
  readonly reason?: string | undefined
  readonly until?: number | undefined
  readonly released?: boolean | undefined
}

/** What of a policy an operation is about. */
export interface OperatedPolicy {
  /** The canonical name of its repository. */
  readonly repository: string
  readonly targets: readonly { readonly git: string; readonly branch: string }[]
}

export interface OperationsOptions {
  /** By its name; undefined where there is none. Asked for each operation. */
  readonly policyOf: (name: string) => OperatedPolicy | undefined
  readonly holds: Holds
  readonly orderPoll: (repository: string) => Promise<void>
  readonly orderUpdate: (git: string, branch: string) => Promise<void>
  /** Milliseconds of a text such as `1h30m`; undefined where it is none. */
  readonly durationOf: (text: string) => number | undefined
  readonly now: () => number
  readonly onOperation: (operation: Operation) => void
}

const MAX_REASON = 200

export function createOperations(options: OperationsOptions): Operations {
  const { holds, orderPoll, orderUpdate, now, onOperation } = options
  const policyOf = (name: string): OperatedPolicy => {
    const policy = options.policyOf(name)
    if (policy !== undefined) return policy
    throw new WebError('UNKNOWN_POLICY', `Cannot find policy "${name}": there is none of this name`)
  }
  // What is shown is what the last look at the branch found.
  const showAnew = ({ targets }: OperatedPolicy) =>
    Promise.all(targets.map(({ git, branch }) => orderUpdate(git, branch)))

  return {
    async poll(name, by) {
      const { repository } = policyOf(name)
      await orderPoll(repository)
      onOperation({ operation: 'poll', by, policy: name })
    },
    async hold(name, { tag, reason, until }, by) {
      const policy = policyOf(name)
      checkTag(tag)
      const at = now()
      const hold: Hold = {
        ...(tag !== undefined && { tag }),
        reason: reasonIn(reason),
        at,
        ...(until !== undefined && { until: endOf(until, at, options.durationOf) }),
      }
      await holds.set(name, hold)
      onOperation({ operation: 'hold', by, policy: name, tag, reason: hold.reason, until: hold.until })
      await showAnew(policy)
      return hold
    },
    async release(name, tag, by) {
      const policy = policyOf(name)
      checkTag(tag)
      const released = await holds.release(name, tag)
      onOperation({ operation: 'release', by, policy: name, tag, released })
      await showAnew(policy)
      return released
    },
  }
}

function checkTag(tag: string | undefined): void {
  if (tag !== undefined && !isTag(tag)) throw new WebError('INVALID', 'Cannot read tag: it is none')
}

/** It is shown on one line, everywhere. */
function reasonIn(text: string): string {
  const reason = text.trim()
  if (reason === '') throw new WebError('INVALID', 'Cannot hold without a reason: say why in one line')
  if (reason.length > MAX_REASON || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(reason)) {
    throw new WebError('INVALID', `Cannot hold for this reason: expected one line of up to ${MAX_REASON} characters`)
  }
  return reason
}

function endOf(text: string, now: number, durationOf: OperationsOptions['durationOf']): number {
  const durationMs = durationOf(text)
  const until = durationMs === undefined ? parseInstant(text) : now + durationMs
  if (until === undefined || !(until <= LAST_INSTANT)) {
    throw new WebError(
      'INVALID',
      'Cannot hold until then: expected a time such as 2026-12-24T18:00, or a duration such as 12h',
    )
  }
  if (until <= now) throw new WebError('INVALID', 'Cannot hold until then: it is over')
  return until
}

/** That of the year 9999: the last that a text of RFC 3339 can say. */
const LAST_INSTANT = Date.UTC(10_000, 0) - 1
