import { type RecordKind, readRecord } from './record-text.js'
import type { ListedRecords } from './records.js'
import type { RedisStore } from './redis.js'

export interface RedisRecordsOptions<Value> extends RecordKind<Value> {
  readonly store: RedisStore
  readonly prefix: string
}

/** Records as JSON in one Redis hash. What does not read as this version writes it is absent, and told. */
export function redisRecords<Value>(options: RedisRecordsOptions<Value>): ListedRecords<Value> {
  const { store, name } = options
  const hash = `${options.prefix}:records:${name}`

  return {
    async get(key) {
      const text = await store.ask(`read "${key}" of ${name}`, (redis) => redis.hget(hash, key))
      return readRecord(options, key, text)
    },
    async getAll(keys) {
      const values = new Map<string, Value>()
      if (keys.length === 0) return values
      const texts = await store.ask(`read ${keys.length} of ${name}`, (redis) => redis.hmget(hash, ...keys))
      for (const [index, key] of keys.entries()) {
        const value = readRecord(options, key, texts[index])
        if (value !== undefined) values.set(key, value)
      }
      return values
    },
    async set(key, value) {
      await store.ask(`write "${key}" of ${name}`, (redis) => redis.hset(hash, key, JSON.stringify(value)))
    },
    async setAll(values) {
      if (values.size === 0) return
      const texts = new Map([...values].map(([key, value]) => [key, JSON.stringify(value)]))
      await store.ask(`write ${values.size} of ${name}`, (redis) => redis.hset(hash, texts))
    },
    async entries() {
      const texts = await store.ask(`read all of ${name}`, (redis) => redis.hgetall(hash))
      return new Map(
        Object.entries(texts).flatMap(([key, text]) => {
          const value = readRecord(options, key, text)
          return value === undefined ? [] : [[key, value] as const]
        }),
      )
    },
  }
}
