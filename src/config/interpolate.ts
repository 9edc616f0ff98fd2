import { resolve } from 'node:path'
import type { Fault } from './errors.js'
import { folderOf, formatPath, type MapNode, type Node, type Path, type ScalarNode, scalarsOf } from './node.js'
import { type Part, parseTemplate } from './template.js'
import { type ReadText, readTextFile, type TextFile } from './text-file.js'

export interface InterpolationOptions {
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Far more than a secret needs. */
const MAX_FILE_BYTES = 64 * 1024

/**
 * Fills in `${NAME}` from the environment and `${file:path}` from a file, whose text is trimmed; relative paths start at the
 * folder of the policy file. `$${` stands for `${`. Keys stay as they are, and so do the regular expressions of `tags`.
 */
export async function interpolate(
  root: MapNode,
  options: InterpolationOptions,
  readText: ReadText = readTextFile,
): Promise<{ readonly root: MapNode; readonly faults: readonly Fault[] }> {
  const files = new Map<string, TextFile>()
  for (const { node } of scalarsOf(root)) {
    for (const part of isTemplate(node) ? parseTemplate(node.value) : []) {
      if (part.type !== 'file') continue
      const path = resolve(folderOf(node), part.path)
      if (!files.has(path)) files.set(path, await readText(path, MAX_FILE_BYTES))
    }
  }
  const faults: Fault[] = []
  return { root: fill(root, [], { env: options.env, files, faults }), faults }
}

interface Filling extends InterpolationOptions {
  readonly files: ReadonlyMap<string, TextFile>
  readonly faults: Fault[]
}

type Template = ScalarNode & { readonly value: string }

function fill<N extends Node>(node: N, path: Path, filling: Filling): N
function fill(node: Node, path: Path, filling: Filling): Node {
  if (path.length === 3 && path[0] === 'policies' && path[2] === 'tags') return node
  if (node.kind === 'scalar') return isTemplate(node) ? fillTemplate(node, path, filling) : node
  if (node.kind === 'list')
    return { ...node, items: node.items.map((item, index) => fill(item, [...path, index], filling)) }
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, value: fill(entry.value, [...path, key], filling) }] as const,
  )
  return { ...node, entries: new Map(entries) }
}

function isTemplate(node: ScalarNode): node is Template {
  return typeof node.value === 'string' && node.value.includes('${')
}

function fillTemplate(node: Template, path: Path, filling: Filling): ScalarNode {
  let text = ''
  const values: string[] = []
  const complaints: string[] = []
  for (const part of parseTemplate(node.value)) {
    const looked = lookUp(part, node, filling)
    if ('complaint' in looked) complaints.push(looked.complaint)
    else text += looked.text
    if ('text' in looked && part.type !== 'literal') values.push(looked.text)
  }
  for (const message of complaints) filling.faults.push({ ...node.at, path: formatPath(path), message })
  return { ...node, value: text, interpolation: { written: node.value, values, failed: complaints.length > 0 } }
}

/** Without the text, which may be a password that happens to have these characters. */
const MALFORMED = `"\${" begins neither "\${NAME}" nor "\${file:PATH}", and "$\${" stands for "\${"`

function lookUp(part: Part, node: ScalarNode, { env, files }: Filling): TextFile {
  if (part.type === 'literal') return part
  if (part.type === 'malformed') return { complaint: MALFORMED }
  if (part.type === 'variable') {
    const value = Object.hasOwn(env, part.name) ? env[part.name] : undefined
    return value === undefined ? { complaint: `the environment variable ${part.name} is not set` } : { text: value }
  }
  const read = files.get(resolve(folderOf(node), part.path)) ?? { complaint: 'it was not read' }
  if ('complaint' in read) return { complaint: `cannot read ${JSON.stringify(part.path)}: ${read.complaint}` }
  return { text: read.text.trim() }
}
