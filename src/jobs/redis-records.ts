import type { z } from 'zod'
import { faultsOf } from './kinds.js'
import type { Trouble } from './options.js'
import type { Records } from './records.js'
import type { RedisStore } from './redis.js'

export interface RedisRecordsOptions<Value> {
  readonly store: RedisStore
  readonly prefix: string
  readonly name: string
  readonly schema: z.ZodType<Value>
  readonly onTrouble: (trouble: Trouble) => void
}

/** Records as JSON in one Redis hash. What does not read as this version writes it is absent, and told. */
export function redisRecords<Value>(options: RedisRecordsOptions<Value>): Records<Value> {
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
  }
}

function readRecord<Value>(
  { name, schema, onTrouble }: RedisRecordsOptions<Value>,
  key: string,
  text: string | null | undefined,
): Value | undefined {
  if (text === null || text === undefined) return undefined
  const read = schema.safeParse(tryParseJson(text))
  if (read.success) return read.data
  onTrouble({ queue: name, reason: `Cannot read the record of "${key}": ${faultsOf(read.error)}` })
  return undefined
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
