import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from './repository.js'
import { writeAtomically } from './write-atomically.js'

/** What the last fetch of a branch's history came to. */
export interface HistoryRecord {
  readonly tip: Oid
  /** Commits whose parents cannot be had. */
  readonly ends: readonly Oid[]
  /** Why they cannot. */
  readonly why: string
}

/** By the branch; in a file of the folder. */
export interface HistoryRecords {
  all(): Promise<ReadonlyMap<string, HistoryRecord>>
  remember(branch: string, record: HistoryRecord): Promise<void>
}

export function historyRecords(folder: string): HistoryRecords {
  const file = join(folder, 'history.json')
  const all = async () => parseRecords(await readFile(file, 'utf8').catch(() => ''))
  return {
    all,
    async remember(branch, record) {
      const records = await all()
      // The newest last.
      records.delete(branch)
      records.set(branch, record)
      await writeAtomically(file, JSON.stringify(Object.fromEntries(records)))
    },
  }
}

function parseRecords(text: string): Map<string, HistoryRecord> {
  try {
    const parsed: unknown = JSON.parse(text)
    return new Map(Object.entries(parsed ?? {}).filter((entry): entry is [string, HistoryRecord] => isRecord(entry[1])))
  } catch {
    return new Map()
  }
}

function isRecord(value: unknown): value is HistoryRecord {
  const { tip, ends, why } = (value ?? {}) as Partial<Record<keyof HistoryRecord, unknown>>
  return isOid(tip) && Array.isArray(ends) && ends.every(isOid) && typeof why === 'string'
}

function isOid(value: unknown): value is Oid {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)
}
