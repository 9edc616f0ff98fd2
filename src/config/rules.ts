/** A rule of several keys. What it is given may have wrong values: it looks at which keys there are. */
export type Rule = (value: Readonly<Record<string, unknown>>) => readonly Complaint[]

export interface Complaint {
  /** The key that is at fault; the whole map where there is none. */
  readonly key?: string
  /** Of an item of the list that the key has. */
  readonly index?: number
  readonly message: string
  /** What the text should be, told instead of a message that repeats a text which comes from outside of the file. */
  readonly expectation?: string
}

/** Exactly one of these sets of keys, and that one whole. */
export function oneForm(...forms: readonly (readonly string[])[]): Rule {
  const list = forms.map((form) => form.map((key) => `"${key}"`).join(' and ')).join(', or ')
  return (value) => {
    const begun = forms.filter((form) => form.some((key) => key in value))
    const [form] = begun
    if (form === undefined || begun.length > 1) return [{ message: `needs either ${list}` }]
    return form.filter((key) => !(key in value)).map((key) => ({ key, message: `missing beside ${beside(form, key)}` }))
  }
}

/** The same for the JSON Schema. */
export function oneFormSchema(...forms: readonly (readonly string[])[]) {
  return { oneOf: forms.map((required) => ({ required })) }
}

/** Either none of these keys or all of them. */
export function together(...keys: readonly string[]): Rule {
  return (value) => {
    const missing = keys.filter((key) => !(key in value))
    if (missing.length === keys.length) return []
    return missing.map((key) => ({ key, message: `missing beside ${beside(keys, key)}` }))
  }
}

/** The same for the JSON Schema. */
export function togetherSchema(...keys: readonly string[]) {
  return { dependentRequired: Object.fromEntries(keys.map((key) => [key, keys.filter((other) => other !== key)])) }
}

export const oneSchedule: Rule = (value) => {
  const complaints: Complaint[] = []
  if ('interval' in value && 'schedule' in value) {
    complaints.push({ key: 'schedule', message: 'cannot stand beside "interval"' })
  }
  if ('timezone' in value && !('schedule' in value)) {
    complaints.push({ key: 'timezone', message: 'means nothing without "schedule"' })
  }
  return complaints
}

export const oneScheduleSchema = {
  not: { required: ['interval', 'schedule'] },
  dependentRequired: { timezone: ['schedule'] },
}

function beside(form: readonly string[], key: string): string {
  return form
    .filter((other) => other !== key)
    .map((other) => `"${other}"`)
    .join(' and ')
}
