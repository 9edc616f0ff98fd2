import type { Node } from './node.js'
import { readPlainYaml } from './plain-yaml.js'
import { readYaml, type YamlDocument } from './yaml.js'

/**
 * A file's text with one character per byte (latin1), so that offsets in it are byte offsets and nothing is ever encoded
 * again. A byte order mark is left out and counted in `base`.
 */
export interface Source {
  readonly text: string
  readonly base: number
}

export function sourceOf(bytes: Uint8Array): Source {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const base = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  return { text: text.slice(base), base }
}

/** UTF-8's, byte by byte. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/** What people read in a slice of `Source.text`. */
export function decode(slice: string): string {
  return /^[\0-\x7f]*$/.test(slice) ? slice : Buffer.from(slice, 'latin1').toString('utf8')
}

/** A part of a file that is read in one way: a YAML document by its nodes, any other text by its lines. */
export type Region = YamlRegion | TextRegion

export interface YamlRegion {
  readonly type: 'yaml'
  readonly start: number
  readonly end: number
  readonly root: Node | undefined
}

export interface TextRegion {
  readonly type: 'text'
  readonly start: number
  readonly end: number
  readonly fault?: YamlDocument['fault']
}

/** The name tells whether a file is read as YAML. Undefined where its nodes nest too deeply or are too many to be read. */
export function regionsOf(file: string, text: string, read = readFast): readonly Region[] | undefined {
  if (!YAML_NAME.test(file)) return [{ type: 'text', start: 0, end: text.length }]
  const documents = read(text)
  if (documents === undefined) return undefined
  if (documents.length === 0) return [{ type: 'yaml', start: 0, end: text.length, root: undefined }]
  return documents.map(({ start, root, fault }, index) => {
    const range = { start: index === 0 ? 0 : start, end: documents[index + 1]?.start ?? text.length }
    return fault === undefined ? { type: 'yaml', ...range, root } : { type: 'text', ...range, fault }
  })
}

function readFast(text: string): readonly YamlDocument[] | undefined {
  return readPlainYaml(text) ?? readYaml(text)
}

/** JSON is YAML. Kustomize takes a `Kustomization` without an extension. */
const YAML_NAME = /(?:\.(?:ya?ml|json)|(?:^|\/)Kustomization)$/i
