import { z } from 'zod'
import type { Names } from './names.js'
import { suggestion } from './nearest.js'
import type { Rule } from './rules.js'

/*
 * The kinds of fields of the policy file. They check and never convert, so that an editor is told the same.
 * A message that starts with `expected` is completed with what was found, in check.ts.
 */

/** A map with these keys and no other. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    // One line for each of the issue's keys, in their order.
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys as string[]).map((key) => `unknown key${suggestion(key, known)}`).join('\n')
        : 'expected a map',
  })
}

/** A map whose keys are names that the user gives. */
export function named<Value extends z.ZodType>(names: Names, value: Value, description: string) {
  const keys = names.pattern === undefined ? {} : { propertyNames: { pattern: names.pattern } }
  return z
    .record(z.string(), value, { error: 'expected a map' })
    .superRefine(
      (entries, context) => {
        for (const name of Object.keys(entries)) {
          const message = names.complaint(name)
          if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message, params: AT_KEY })
        }
      },
      { when: isMap },
    )
    .meta({ description, ...keys })
}

/** A text of which `complaint` says what is wrong, if anything. */
export function text(expectation: string, complaint: (text: string) => string | undefined, pattern?: string) {
  const checked = z.string({ error: `expected ${expectation}` }).superRefine((value, context) => {
    const message = complaint(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
  return pattern === undefined ? checked : checked.meta({ pattern })
}

/** The same where what is wrong may repeat the text: of one that comes from outside of the file only the expectation is told. */
export function quotedText(expectation: string, complaint: (text: string) => string | undefined) {
  return z.string({ error: `expected ${expectation}` }).superRefine((value, context) => {
    const message = complaint(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message, params: { expectation } })
  })
}

/** A text that passes a test. */
export function textThat(expectation: string, passes: (text: string) => boolean, pattern?: string) {
  return text(expectation, (value) => (passes(value) ? undefined : `expected ${expectation}`), pattern)
}

/** A value that an interpolation can only give as text. */
export function orText<Value extends z.ZodType>(expectation: string, value: Value, pattern: RegExp) {
  const error = `expected ${expectation}`
  return z.union([value, z.string().regex(pattern, error)], { error })
}

/** One of these words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  const list = words.map((word) => `"${word}"`).join(' or ')
  return z.enum(words, { error: `expected ${list}` })
}

/** Adds a rule of several keys, which is told even where single keys are wrong. */
export function withRule<S extends z.ZodType>(schema: S, rule: Rule): S {
  return schema.superRefine(
    (value, context) => {
      for (const { key, index, message, expectation } of rule(value as Record<string, unknown>)) {
        const path = [key, index].filter((step) => step !== undefined)
        context.addIssue({ code: 'custom', message, path, params: { expectation } })
      }
    },
    { when: isMap },
  )
}

/** Says that a fault is of the key itself and not of its value. */
export const AT_KEY = { at: 'key' } as const

function isMap({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
