import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'

/** A value of a document, whose keys are known to whoever asks. */
export type Json = { readonly [key: string]: Json } & readonly Json[]

/** What stands at a path, which must be there. */
export function at(json: Json, ...keys: readonly string[]): Json {
  return keys.reduce<Json>((found, key) => {
    const next = found[key]
    assert.ok(next !== undefined, `${key} of ${keys.join(' ')}`)
    return next
  }, json)
}

/** Faults of a value by a schema of the document, where objects may have no field that the document does not tell. */
export function judgeOf(document: Json): (schema: object, value: unknown) => readonly unknown[] {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  const components = JSON.parse(JSON.stringify(document.components), (_key, value) =>
    value?.properties === undefined ? value : { additionalProperties: false, ...value },
  )
  // Where OpenAPI has its shapes, so that references lead there.
  ajv.addSchema({ $id: 'document', components }).addKeyword('components')
  return (schema, value) => {
    const pointed = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'))
    const validate = ajv.compile(pointed)
    return validate(JSON.parse(JSON.stringify(value))) ? [] : (validate.errors ?? [])
  }
}
