import { isTag } from '../image/tag.js'
import { parseInstant } from '../policies/local-time.js'
import { type Hold, type Holds, MOST_HOLDS } from '../status/holds.js'
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

export interface OperationsOptions {
  /** The canonical name of a policy's repository; undefined where no policy has the name. Asked for each operation. */
  readonly repositoryOf: (policy: string) => string | undefined
  /** Orders a look at a repository. */
  readonly orderPoll: (repository: string) => Promise<void>
  /** Sees to it that what is held or released is judged anew. */
  readonly holds: Holds
  /** Milliseconds of a text such as `1h30m`; undefined where it is none. */
  readonly durationOf: (text: string) => number | undefined
  readonly now: () => number
  readonly onOperation: (operation: Operation) => void
}

const MAX_REASON = 200

export function createOperations(options: OperationsOptions): Operations {
  const { holds, orderPoll, durationOf, now, onOperation } = options
  const repositoryOf = (policy: string): string => {
    const repository = options.repositoryOf(policy)
    if (repository !== undefined) return repository
    throw new WebError('UNKNOWN_POLICY', `Cannot find policy "${policy}": there is none of this name`)
  }

  return {
    async poll(policy, by) {
      await orderPoll(repositoryOf(policy))
      onOperation({ operation: 'poll', by, policy })
    },
    async hold(policy, { tag, reason, until }, by) {
      repositoryOf(policy)
      checkTag(tag)
      const at = now()
      const hold: Hold = {
        ...(tag !== undefined && { tag }),
        reason: reasonIn(reason),
        at,
        ...(until !== undefined && { until: endOf(until, at, durationOf) }),
      }
      const others = (await holds.list(policy)).filter((other) => other.tag !== tag)
      if (others.length >= MOST_HOLDS) {
        throw new WebError('INVALID', `Cannot hold more: ${MOST_HOLDS} holds are in force, release one of them`)
      }
      await holds.set(policy, hold)
      onOperation({ operation: 'hold', by, policy, tag, reason: hold.reason, until: hold.until })
      return hold
    },
    async release(policy, tag, by) {
      repositoryOf(policy)
      checkTag(tag)
      const released = await holds.release(policy, tag)
      onOperation({ operation: 'release', by, policy, tag, released })
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
