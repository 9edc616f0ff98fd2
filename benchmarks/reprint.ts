/*
 * The same edits by splicing and by printing the parsed documents again, and what else is different afterwards. Looks at the
 * manifests in the folders that are named, by default those of the tests: node --import tsx benchmarks/reprint.ts [folder…]
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isScalar, parseAllDocuments, type Scalar, type ToStringOptions, visit } from 'yaml'
import { formatReference } from '../src/image/reference.js'
import { ManifestError } from '../src/updaters/manifests/errors.js'
import type { Place, PlaceEdit } from '../src/updaters/manifests/place.js'
import { scanManifest } from '../src/updaters/manifests/scan.js'
import { sourceOf } from '../src/updaters/manifests/source.js'
import { spliceManifest } from '../src/updaters/manifests/splice.js'
import { printTable } from './parts/figures.js'

/** A file whose places all get a new value. */
interface Case {
  readonly name: string
  readonly bytes: Buffer
  readonly edits: readonly PlaceEdit[]
}

type Edit = (file: Case) => string | undefined

const folders = process.argv.slice(2)
const cases = (folders.length > 0 ? folders : ['test/fixtures']).flatMap(casesIn)
const rows: readonly (readonly [string, Edit])[] = [
  ['splicing', spliced],
  ['toString()', (file) => printed(file, {})],
  ['toString(), lines of any width', (file) => printed(file, { lineWidth: 0 })],
]

console.log(
  `${cases.length} files with ${cases.flatMap(({ edits }) => edits).length} places, each of which gets another value\n`,
)
printTable(
  ['by', 'refused', 'altered elsewhere', 'share', 'lines altered elsewhere'],
  rows.map(([name, edit]) => {
    const altered = cases.map((file) => linesElsewhere(file, edit(file)))
    const files = altered.filter((lines) => lines !== undefined && lines > 0).length
    const lines = altered.reduce<number>((sum, each) => sum + (each ?? 0), 0)
    const refused = altered.filter((each) => each === undefined).length
    return [name, refused, files, `${Math.round((files / cases.length) * 100)} %`, lines]
  }),
)

function casesIn(folder: string): readonly Case[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        /\.(?:ya?ml|json)$|(?:^|\/)Kustomization$/.test(name) &&
        !/(?:^|\/)(?:expected|\.git|node_modules)\//.test(name),
    )
    .filter((name) => !name.endsWith('policies.json'))
    .map((name) => caseOf(name, readFileSync(join(folder, name))))
    .filter(({ edits }) => edits.length > 0)
}

function caseOf(name: string, bytes: Buffer): Case {
  const { places } = scanManifest(name.slice(name.lastIndexOf('/') + 1), bytes)
  return { name, bytes, edits: places.filter(hasTag).map((place) => ({ place, value: valueFor(place) })) }
}

/** Parts of values are no scalars of their own, which the library could print. */
function hasTag({ kind, image, embedded }: Place): boolean {
  return kind !== 'name' && kind !== 'digest' && image.tag !== undefined && !embedded
}

function valueFor({ kind, image, value }: Place): string {
  const digest = value.includes('@') && image.digest !== undefined ? { digest: image.digest } : {}
  const version = formatReference({ name: '', tag: 'v9.9.9', ...digest }).slice(1)
  return kind === 'tag' ? version : `${image.name}:${version}`
}

function spliced({ name, bytes, edits }: Case): string | undefined {
  try {
    return Buffer.from(spliceManifest(name, bytes, edits)).toString('latin1')
  } catch (error) {
    if (error instanceof ManifestError) return undefined
    throw error
  }
}

function printed({ bytes, edits }: Case, options: ToStringOptions): string | undefined {
  const { text, base } = sourceOf(bytes)
  const documents = [...parseAllDocuments(text, { uniqueKeys: false })]
  const values = new Map(edits.map(({ place, value }) => [place.start - base, value]))
  for (const document of documents) {
    if (document.errors.length > 0) return undefined
    visit(document, (_, node) => {
      if (isScalar(node)) setValue(node, values)
    })
  }
  const mark = bytes.toString('latin1', 0, base)
  try {
    return `${mark}${documents.map((document) => document.toString(options)).join('')}`
  } catch {
    return undefined
  }
}

/** A place begins inside of the quotes. */
function setValue(node: Scalar, values: ReadonlyMap<number, string>): void {
  const start = node.range?.[0] ?? -1
  const value = values.get(start) ?? values.get(start + 1)
  if (value !== undefined) node.value = value
}

/** How many lines differ without a need: from those that have nothing but the new values. Undefined where the file was refused. */
function linesElsewhere({ bytes, edits }: Case, written: string | undefined): number | undefined {
  if (written === undefined) return undefined
  const wanted = new Map<string, number>()
  for (const line of minimal(bytes, edits).split('\n')) wanted.set(line, (wanted.get(line) ?? 0) + 1)
  for (const line of written.split('\n')) wanted.set(line, (wanted.get(line) ?? 0) - 1)
  const [missing, added] = [
    [...wanted.values()].filter((count) => count > 0),
    [...wanted.values()].filter((count) => count < 0),
  ]
  return Math.max(sum(missing), -sum(added))
}

function minimal(bytes: Buffer, edits: readonly PlaceEdit[]): string {
  let text = bytes.toString('latin1')
  for (const { place, value } of edits.toSorted((a, b) => b.place.start - a.place.start))
    text = `${text.slice(0, place.start)}${value}${text.slice(place.end)}`
  return text
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
