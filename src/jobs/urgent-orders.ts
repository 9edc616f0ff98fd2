import type { Redis } from 'ioredis'
import { fold, type JobKind, type Order, urgencyOf } from './kinds.js'

/**
 * Which keys have been ordered more urgently than their waiting job says: BullMQ drops what it folds, and with it an
 * order's trigger. The mark is set before the order is given and taken after the job has become active, so whichever job
 * stands for the order finds it. One Redis set per trigger; the least urgent needs none.
 */
export interface UrgentOrders<Payload> {
  mark(redis: Redis, key: string, payload: Payload): Promise<void>
  /** The payload of a job that has just become active, with the most urgent trigger ordered for its key. */
  take(redis: Redis, key: string, payload: Payload): Promise<Payload>
}

export function urgentOrders<Payload extends Order>(kind: JobKind<Payload>, prefix: string): UrgentOrders<Payload> {
  const setOf = (trigger: string) => `${prefix}:urgent:${kind.name}:${trigger}`
  const urgentTriggers = kind.triggers.slice(1)

  return {
    async mark(redis, key, payload) {
      const { trigger } = payload
      if (trigger !== undefined && urgencyOf(kind, payload) > 0) await redis.sadd(setOf(trigger), key)
    },
    async take(redis, key, payload) {
      const removed = await Promise.all(urgentTriggers.map((trigger) => redis.srem(setOf(trigger), key)))
      const trigger = urgentTriggers.findLast((_, index) => removed[index] === 1)
      return trigger === undefined ? payload : fold(kind, payload, { ...payload, trigger })
    },
  }
}
