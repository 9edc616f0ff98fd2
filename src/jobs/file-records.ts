import { hash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../error.js'
import { JobsError } from './errors.js'
import { type RecordKind, readRecord } from './record-text.js'
import type { Records } from './records.js'

export interface FileRecordsOptions<Value> extends RecordKind<Value> {
  /** Made when first needed. */
  readonly folder: string
}

/**
 * Records as JSON, one file each, which is replaced as a whole: a crash leaves the old one or the new one. A file's name is
 * made of the key and says nothing to a person; its first line has the key.
 */
export function fileRecords<Value>(options: FileRecordsOptions<Value>): Records<Value> {
  const { folder, name } = options
  const fileOf = (key: string) => join(folder, `${hash('sha256', key).slice(0, 32)}.json`)

  const get = async (key: string) => {
    const text = await read(fileOf(key), `Cannot read "${key}" of ${name}`)
    return readRecord(options, key, text?.slice(text.indexOf('\n') + 1))
  }

  return {
    get,
    async getAll(keys) {
      const values = new Map<string, Value>()
      for (const key of keys) {
        const value = await get(key)
        if (value !== undefined) values.set(key, value)
      }
      return values
    },
    async set(key, value) {
      const file = fileOf(key)
      const fresh = `${file}.${randomUUID()}`
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(fresh, `${JSON.stringify(key)}\n${JSON.stringify(value)}\n`)
        await rename(fresh, file)
      } catch (error) {
        // On a full disk every try would leave a part behind.
        await rm(fresh, { force: true }).catch(() => {})
        throw unavailable(`Cannot write "${key}" of ${name}`, error)
      }
    },
  }
}

async function read(file: string, action: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unavailable(action, error)
  }
}

function unavailable(action: string, cause: unknown): JobsError {
  return new JobsError('UNAVAILABLE', `${action}: ${reasonOf(cause)}`, { retryable: true, cause })
}
