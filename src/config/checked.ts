import { tryParseDuration } from './duration.js'

/** What the schema has checked already: failing here is a defect. */
export function checked<T>(value: T | undefined, text: string | undefined): T {
  if (value === undefined) throw new Error(`Cannot resolve the policy file: "${text}" was not checked`)
  return value
}

/** Of a duration that the schema has checked. */
export function milliseconds(text: string): number {
  return checked(tryParseDuration(text), text)
}
