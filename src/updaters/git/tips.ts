import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from './repository.js'
import { writeAtomically } from './write-atomically.js'

/** The commits that branches were last seen at, in this run of the program or an earlier one; in a file of the folder. */
export interface Tips {
  all(): Promise<ReadonlyMap<string, Oid>>
  remember(branch: string, oid: Oid): Promise<void>
  /** Forgets what was read into memory. */
  refresh(): void
  wipe(): Promise<void>
}

export function branchTips(folder: string): Tips {
  const file = join(folder, 'tips.json')
  let tips: Map<string, Oid> | undefined

  async function load(): Promise<Map<string, Oid>> {
    tips ??= parseTips(await readFile(file, 'utf8').catch(() => ''))
    return tips
  }

  return {
    all: load,
    async remember(branch, oid) {
      const known = await load()
      if (known.get(branch) === oid) return
      known.set(branch, oid)
      await writeAtomically(file, JSON.stringify(Object.fromEntries(known)))
    },
    refresh() {
      tips = undefined
    },
    async wipe() {
      tips = undefined
      await rm(file, { force: true })
    },
  }
}

function parseTips(text: string): Map<string, Oid> {
  try {
    const parsed: unknown = JSON.parse(text)
    const entries = Object.entries(parsed ?? {}) as [string, unknown][]
    return new Map(entries.filter((entry): entry is [string, Oid] => /^[0-9a-f]{40}$/.test(String(entry[1]))))
  } catch {
    return new Map()
  }
}
