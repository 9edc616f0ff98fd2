import { z } from 'zod'
import { policyFile } from './schema.js'

/**
 * The JSON Schema (draft 2020-12) of the policy file, for editors.
 *
 * It sees the file before interpolation, so `${NAME}` is right wherever a text can be. It knows less than the loader, which
 * alone tells whether a range, a cron expression or a name is right.
 */
export function policyFileSchema(): z.core.JSONSchema.BaseSchema {
  const { $schema, ...schema } = z.toJSONSchema(policyFile, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => allowInterpolation(jsonSchema),
  })
  return {
    ...($schema !== undefined && { $schema }),
    title: 'Tidemark policy file',
    ...schema,
    properties: { ...schema.properties, ...oneOrList(schema.properties?.policiesFrom) },
  }
}

/** The loader makes a list of one that stands alone. */
function oneOrList(list: z.core.JSONSchema._JSONSchema | undefined): {
  readonly policiesFrom?: z.core.JSONSchema.BaseSchema
} {
  if (typeof list !== 'object' || typeof list.items !== 'object' || Array.isArray(list.items)) return {}
  const { description, ...many } = list
  return { policiesFrom: { ...(description !== undefined && { description }), anyOf: [list.items, many] } }
}

const INTERPOLATION = '\\$\\{'

/** It is called once for each wrapper of a field, such as `optional`. */
function allowInterpolation(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.pattern !== undefined && !schema.pattern.endsWith(INTERPOLATION)) schema.pattern += `|${INTERPOLATION}`
  if (schema.enum === undefined) return
  schema.anyOf = [{ enum: schema.enum }, { pattern: INTERPOLATION }]
  delete schema.enum
}
