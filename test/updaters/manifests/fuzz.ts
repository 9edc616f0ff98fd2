import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ManifestError } from '../../../src/updaters/manifests/errors.js'
import type { PlaceEdit } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'
import { checkBytes, editOf, isWritten } from './edits.js'

/** From 0 to below 1. */
type Random = () => number

interface Sample {
  readonly name: string
  readonly bytes: Buffer
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MOST_BYTES = 100_000
const LONGEST_MS = 2_000
const NEW_DIGEST = `sha256:${'9'.repeat(64)}`

/** The files of all fixtures, and the examples of docs/places.md as they stand there. */
export function readCorpus(): readonly Sample[] {
  const folder = join(ROOT, 'test/fixtures')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const fixtures = files.map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }))
  const examples = readFileSync(join(ROOT, 'docs/places.md'), 'utf8').matchAll(
    /^`([^`\n]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm,
  )
  const shown = [...examples].map(([, name = '', text = '']) => ({
    name: basename(name),
    bytes: Buffer.from(text.replace(/^[ +-]/gm, '').replaceAll('…', '0'.repeat(63))),
  }))
  return [...fixtures, ...shown]
}

/** What one round makes of the corpus. The same seed and round make the same. */
export function sampleOf(corpus: readonly Sample[], seed: number, round: number): Sample {
  const random = randomOf(seed, round)
  const { name, bytes } = pick(corpus, random)
  if (random() < 0.1)
    return { name, bytes: Buffer.from(Array.from({ length: below(500, random) }, () => below(256, random))) }
  let mutated = bytes
  for (let left = 1 + below(6, random); left > 0; left--) mutated = pick(MUTATIONS, random)(mutated, random, corpus)
  return { name: random() < 0.8 ? name : pick(NAMES, random), bytes: mutated.subarray(0, MOST_BYTES) }
}

/** Throws where a scan or an update of a sample crashes, takes too long, or changes more than values. */
export function checkSample({ name, bytes }: Sample): void {
  const places = inTime(() => scanManifest(name, bytes, PATHS)).places.filter(isWritten)
  const edits = places.map((place) => editOf(place, '9.9.9', NEW_DIGEST))
  for (const some of [edits, ...edits.slice(0, 2).map((edit) => [edit])]) checkEdits(name, bytes, some)
}

/** Of the processor's time: others use the machine, too. What takes long may have been compiled meanwhile, and has a second try. */
function inTime<Result>(work: () => Result, tries = 2): Result {
  const before = process.cpuUsage()
  const result = work()
  const tookMs = process.cpuUsage(before).user / 1_000
  if (tookMs >= LONGEST_MS && tries > 1) return inTime(work, tries - 1)
  assert.ok(tookMs < LONGEST_MS, `Took ${Math.round(tookMs)} ms`)
  return result
}

function checkEdits(name: string, bytes: Buffer, edits: readonly PlaceEdit[]): void {
  try {
    const written = inTime(() => spliceManifest(name, bytes, edits))
    checkBytes(bytes, written, edits)
    scanManifest(name, written, PATHS)
  } catch (error) {
    // An update that would change more is refused.
    if (!(error instanceof ManifestError)) throw error
  }
}

const NAMES = ['a.yaml', 'kustomization.yaml', 'Kustomization', 'a.json', 'a.tpl', '.env', '']
const PATHS = ['*', '*.*', '*.*.tag', '[*].image', 'spec.values.image.tag', 'images[0].newTag']

const TOKENS = [
  ...[
    'image: a/b:1',
    'tag: v1',
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '  ',
    ': ',
    '- ',
    '? ',
    '#',
    ' # tidemark: p',
    '&a ',
    '*a',
    '<<: *a',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '|',
    '>',
    '|2-',
    '>+',
    '!!str ',
    '!<',
    '!!binary ',
    '%YAML 1.1',
    '---',
    '...',
    '--- |',
  ],
  ...[
    '\\',
    '\\x',
    '\\u0000',
    '\0',
    '\xff',
    '\xef\xbb\xbf',
    '\xc2\x85',
    '\xe2\x80\xa8',
    '{{',
    '}}',
    '${',
    ':-',
    '@sha256:',
    '=',
    '~',
  ],
  ...[
    ' # {"$imagepolicy": "a:b:tag"}',
    ' # tidemark: hold',
    'digest: ""',
    'digest:',
    'newTag: 1',
    'images:',
    'kustomize:',
    'helm:',
  ],
]

type Mutation = (bytes: Buffer, random: Random, corpus: readonly Sample[]) => Buffer

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => replaced(bytes, random, 1, Buffer.from([below(256, random)])),
  (bytes, random) => replaced(bytes, random, 0, Buffer.from([below(256, random)])),
  (bytes, random) => replaced(bytes, random, 0, Buffer.from(pick(TOKENS, random), 'latin1')),
  (bytes, random) =>
    replaced(bytes, random, 0, Buffer.from(pick(TOKENS, random).repeat(below(2_000, random)), 'latin1')),
  (bytes, random) => replaced(bytes, random, below(40, random), Buffer.from(pick(TOKENS, random), 'latin1')),
  (bytes, random) => replaced(bytes, random, below(200, random), Buffer.alloc(0)),
  (bytes, random) => replaced(bytes, random, 0, part(bytes, random)),
  (bytes, random, corpus) => replaced(bytes, random, 0, part(pick(corpus, random).bytes, random)),
  (bytes, random) => bytes.subarray(0, below(bytes.length + 1, random)),
  (bytes, random) => repeated(part(bytes, random), below(1 + below(200, random), random)),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  (bytes) => Buffer.from(bytes.toString('latin1').replace(/^/gm, '  '), 'latin1'),
]

function replaced(bytes: Buffer, random: Random, length: number, by: Buffer): Buffer {
  const at = below(bytes.length + 1, random)
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)])
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: Math.min(times, Math.ceil(MOST_BYTES / (bytes.length + 1))) }, () => bytes))
}

function part(bytes: Buffer, random: Random): Buffer {
  const start = below(bytes.length + 1, random)
  return bytes.subarray(start, start + below(bytes.length - start + 1, random))
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[below(items.length, random)] as Item
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit)
}

/** Mulberry32, by Tommy Ettinger: short, and good enough for this. */
function randomOf(seed: number, round: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(round + 1, 0xc2b2ae35)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
