import type { ListedRecords } from './records.js'

/** Records that are lost with the process. */
export function memoryRecords<Value extends object>(): ListedRecords<Value> {
  const values = new Map<string, Value>()

  return {
    async get(key) {
      return values.get(key)
    },
    async getAll(keys) {
      return new Map(keys.flatMap((key) => entryOf(key, values.get(key))))
    },
    async set(key, value) {
      values.set(key, value)
    },
    async setAll(more) {
      for (const [key, value] of more) values.set(key, value)
    },
    entries: async () => new Map(values),
  }
}

/** Records that are written in memory, above others that are only read. */
export function layeredRecords<Value extends object>(below: ListedRecords<Value>): ListedRecords<Value> {
  const own = memoryRecords<Value>()

  return {
    get: async (key) => (await own.get(key)) ?? (await below.get(key)),
    getAll: async (keys) => new Map([...(await below.getAll(keys)), ...(await own.getAll(keys))]),
    set: own.set,
    setAll: own.setAll,
    entries: async () => new Map([...(await below.entries()), ...(await own.entries())]),
  }
}

function entryOf<Value>(key: string, value: Value | undefined): readonly (readonly [string, Value])[] {
  return value === undefined ? [] : [[key, value]]
}
