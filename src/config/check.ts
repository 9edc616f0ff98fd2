import type { z } from 'zod'
import type { Fault } from './errors.js'
import { AT_KEY } from './fields.js'
import { formatPath, locate, type MapNode, type Node, type Path, toData, withoutUserinfo } from './node.js'
import { type PolicyFile, policyFile } from './schema.js'
import { isSecret } from './secrets.js'

/** The file as typed data, or every fault of it with its place. */
export function check(root: MapNode): { readonly file?: PolicyFile; readonly faults: readonly Fault[] } {
  const result = policyFile.safeParse(toData(root))
  if (result.success) return { file: result.data, faults: [] }
  return { faults: result.error.issues.flatMap((issue) => faultsOf(issue, root)) }
}

function faultsOf(issue: z.core.$ZodIssue, root: MapNode): Fault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => faultOfKey(root, [...path, key], messages[index] ?? issue.message))
  }
  if (issue.code === 'custom' && issue.params?.at === AT_KEY.at) return [faultOfKey(root, path, issue.message)]

  const { node, found } = locate(root, path)
  // That it has no value is told already.
  if (node.kind === 'scalar' && node.interpolation?.failed) return []
  return [{ ...node.at, path: formatPath(path), message: found ? complete(issue, node, path) : missing(issue.message) }]
}

function faultOfKey(root: MapNode, path: Path, message: string): Fault {
  const { node, key } = locate(root, path)
  return { ...(key ?? node.at), path: formatPath(path), message }
}

function missing(message: string): string {
  return message.startsWith('expected ') ? `missing, ${message}` : message
}

/** What stands in place of a map or list is named by its kind only, as it may be a secret that lacks its key. */
function complete(issue: z.core.$ZodIssue, node: Node, path: Path): string {
  const message = messageOf(issue, node)
  if (!message.startsWith('expected ')) return message
  const inPlaceOfCollection = issue.code === 'invalid_type' && ['object', 'record', 'array'].includes(issue.expected)
  const found = `${message}, found ${describe(node, inPlaceOfCollection || isSecret(path))}`
  const unquoted = issue.code === 'invalid_type' && issue.expected === 'string' && isUnquoted(node)
  // A number in quotes is still none with a unit.
  return unquoted && !message.startsWith('expected a duration') ? `${found}, put it in quotes` : found
}

/** Some repeat the text, which is not shown where it comes from outside of the file. */
function messageOf(issue: z.core.$ZodIssue, node: Node): string {
  const expectation = issue.code === 'custom' ? issue.params?.expectation : undefined
  const outside = node.kind === 'scalar' && node.interpolation !== undefined
  return outside && expectation !== undefined ? `expected ${expectation}` : issue.message
}

/** What YAML takes for a number, such as `1.10`, may be meant as text. */
function isUnquoted(node: Node): boolean {
  return node.kind === 'scalar' && (typeof node.value === 'number' || typeof node.value === 'boolean')
}

const MAX_QUOTED = 80

function describe(node: Node, hidden: boolean): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list'
  if (node.value === null) return 'nothing'
  if (node.value === '') return 'an empty text'
  if (hidden) return `a ${typeof node.value === 'string' ? 'text' : typeof node.value}`
  if (node.interpolation !== undefined) return `something else in ${quote(node.interpolation.written)}`
  return typeof node.value === 'string' ? quote(node.value) : String(node.value)
}

function quote(text: string): string {
  const shown = withoutUserinfo(text)
  return JSON.stringify(shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown)
}
