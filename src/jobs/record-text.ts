import type { z } from 'zod'
import { faultsOf } from './kinds.js'
import type { Trouble } from './options.js'

export interface RecordKind<Value> {
  /** What the records are called in troubles. */
  readonly name: string
  readonly schema: z.ZodType<Value>
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined
}

/** A record from its JSON. What does not read as this version writes it is absent, and told. */
export function readRecord<Value>(
  { name, schema, onTrouble }: RecordKind<Value>,
  key: string,
  text: string | null | undefined,
): Value | undefined {
  if (text === null || text === undefined) return undefined
  const read = schema.safeParse(tryParseJson(text))
  if (read.success) return read.data
  onTrouble?.({ queue: name, reason: `Cannot read the record of "${key}": ${faultsOf(read.error)}` })
  return undefined
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
