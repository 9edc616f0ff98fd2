import { hash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../error.js'
import { JobsError } from './errors.js'
import { type RecordKind, readRecord } from './record-text.js'
import type { ListedRecords } from './records.js'

export interface FileRecordsOptions<Value> extends RecordKind<Value> {
  /** Made when first needed. */
  readonly folder: string
}

/**
 * Records as JSON, one file each, which is replaced as a whole: a crash leaves the old one or the new one. A file's name is
 * made of the key and says nothing to a person; its first line has the key.
 */
export function fileRecords<Value>(options: FileRecordsOptions<Value>): ListedRecords<Value> {
  const { folder, name } = options
  const fileOf = (key: string) => join(folder, `${hash('sha256', key).slice(0, 32)}.json`)

  const get = async (key: string) => {
    const text = await read(fileOf(key), `Cannot read "${key}" of ${name}`)
    return readRecord(options, key, text?.slice(text.indexOf('\n') + 1))
  }

  async function set(key: string, value: Value) {
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
  }

  return {
    get,
    set,
    async getAll(keys) {
      const values = new Map<string, Value>()
      for (const key of keys) {
        const value = await get(key)
        if (value !== undefined) values.set(key, value)
      }
      return values
    },
    async setAll(values) {
      for (const [key, value] of values) await set(key, value)
    },
    async entries() {
      const values = new Map<string, Value>()
      for (const file of await filesIn(folder, name)) {
        const text = await read(join(folder, file), `Cannot read "${file}" of ${name}`)
        const key = keyIn(text)
        const value = key === undefined ? undefined : readRecord(options, key, text?.slice(text.indexOf('\n') + 1))
        if (key !== undefined && value !== undefined) values.set(key, value)
      }
      return values
    },
  }
}

/** Without those that are being written. */
async function filesIn(folder: string, name: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw unavailable(`Cannot list ${name}`, error)
  }
}

function keyIn(text = ''): string | undefined {
  try {
    const key: unknown = JSON.parse(text.slice(0, text.indexOf('\n')))
    return typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}

async function read(file: string, action: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unavailable(action, error)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function unavailable(action: string, cause: unknown): JobsError {
  return new JobsError('UNAVAILABLE', `${action}: ${reasonOf(cause)}`, { retryable: true, cause })
}
