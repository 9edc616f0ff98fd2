import type { Trouble } from './options.js'
import type { RedisStore } from './redis.js'
import { redisRecords } from './redis-records.js'
import { branchReport, hostReport, lookReport, placesReport, type Shown } from './shown.js'

/** What processes show each other through Redis. */
export function redisShown(shared: {
  readonly store: RedisStore
  readonly prefix: string
  readonly onTrouble: (trouble: Trouble) => void
}): Shown {
  const { store, prefix } = shared
  const changes = `${prefix}:changes`
  return {
    looks: redisRecords({ ...shared, name: 'looks', schema: lookReport }),
    hosts: redisRecords({ ...shared, name: 'hosts', schema: hostReport }),
    branches: redisRecords({ ...shared, name: 'branches', schema: branchReport }),
    places: redisRecords({ ...shared, name: 'places', schema: placesReport }),
    changes: {
      async tell() {
        await store.ask('tell of a change', (redis) => redis.incr(changes))
      },
      count: async () => Number(await store.ask('look for changes', (redis) => redis.get(changes))),
    },
  }
}
