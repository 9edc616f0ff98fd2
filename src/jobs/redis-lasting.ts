import type { Component } from '../lifecycle/component.js'
import { policyHolds } from './holds.js'
import type { Jobs } from './jobs.js'
import { layeredRecords } from './memory-records.js'
import { told } from './notices.js'
import type { JobsOptions, Trouble } from './options.js'
import { sightings, standing } from './payloads.js'
import { openStore, type RedisStore } from './redis.js'
import { redisRecords } from './redis-records.js'

/** What outlasts a process that has no queue in Redis of its own, such as a command that looks once. */
export type LastingRecords = Pick<Jobs, 'sightings' | 'standings' | 'holds'>

export interface OpenLastingOptions extends Pick<JobsOptions, 'clock'> {
  readonly redis: string
  readonly prefix?: string
  readonly onTrouble: (trouble: Trouble) => void
  /** What is new is forgotten. */
  readonly readOnly: boolean
}

/** Opens the records of processes that share a queue. Nothing is asked of Redis before one of them is. */
export function openLastingRecords(options: OpenLastingOptions): LastingRecords & Component {
  const { redis, clock, onTrouble, prefix = DEFAULT_PREFIX, readOnly } = options
  const store = openStore(redis, clock, onTrouble)
  const kept = lastingRecords({ store, prefix, onTrouble })
  const records = readOnly
    ? {
        sightings: layeredRecords(kept.sightings),
        standings: layeredRecords(kept.standings),
        holds: layeredRecords(kept.holds),
      }
    : kept
  return { ...records, stop: async () => store.close() }
}

export const DEFAULT_PREFIX = 'tidemark'

export function lastingRecords(shared: {
  readonly store: RedisStore
  readonly prefix: string
  readonly onTrouble: (trouble: Trouble) => void
}) {
  return {
    sightings: redisRecords({ ...shared, name: 'sightings', schema: sightings }),
    standings: redisRecords({ ...shared, name: 'standings', schema: standing }),
    holds: redisRecords({ ...shared, name: 'holds', schema: policyHolds }),
    told: redisRecords({ ...shared, name: 'told', schema: told }),
  }
}
