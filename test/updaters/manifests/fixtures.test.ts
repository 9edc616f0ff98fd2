import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { formatReference } from '../../../src/image/reference.js'
import { parseRepository, repositoryKey, tryParseRepository } from '../../../src/image/repository.js'
import type { Place, PlaceEdit } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'

/** A case is a folder: `original/` becomes `expected/` by what `policies.json` selects. */
const CASES = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures')

interface Selected {
  readonly image: string
  readonly tag: string
  readonly digest?: string
  /** A digest is added where none stands. */
  readonly pin?: boolean
}

for (const name of readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const folder = join(CASES, name.name)
  const policies: Record<string, Selected> = JSON.parse(readFileSync(join(folder, 'policies.json'), 'utf8'))

  for (const file of filesOf(join(folder, 'original'))) {
    test(`${name.name}: ${file}`, () => {
      const original = readFileSync(join(folder, 'original', file))
      const expected = readFileSync(join(folder, 'expected', file))

      const written = spliceManifest(file, original, editsFor(file, original, policies))

      assert.equal(Buffer.from(written).toString('latin1'), expected.toString('latin1'))
      assert.equal(spliceManifest(file, written, editsFor(file, written, policies)), written)
    })
  }

  test(`${name.name}: no file more or less`, () => {
    assert.deepEqual(filesOf(join(folder, 'expected')), filesOf(join(folder, 'original')))
  })
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

function editsFor(file: string, bytes: Uint8Array, policies: Readonly<Record<string, Selected>>): readonly PlaceEdit[] {
  return scanManifest(basename(file), bytes).places.flatMap((place) => {
    const selected = selectedFor(place, policies)
    if (selected === undefined) return []
    const { pin, digest } = selected
    const inserted = pin && digest && place.pin && place.pin !== 'inside' ? { digest } : {}
    return [{ place, value: valueFor(place, selected), ...inserted }]
  })
}

function selectedFor({ marker, image }: Place, policies: Readonly<Record<string, Selected>>): Selected | undefined {
  if (marker?.type === 'policy') return policies[marker.policy]
  const repository = image.name === undefined ? undefined : tryParseRepository(image.name)
  if (marker !== undefined || repository === undefined) return undefined
  const key = repositoryKey(repository)
  return Object.values(policies).find((policy) => repositoryKey(parseRepository(policy.image)) === key)
}

/** A marked reference gets the digest that its policy has; any other place only where one stands, or one is to be added. */
function valueFor({ kind, marker, image, value, pin: room }: Place, selected: Selected): string {
  const { image: name, tag, digest, pin } = selected
  if (kind === 'name') return name
  if (kind === 'digest') return digest ?? value
  const hasOne = value.includes('@') || (room === 'inside' && (pin || (marker && kind === 'reference')))
  const version = { tag, ...(hasOne && digest !== undefined && { digest }) }
  if (kind === 'tag') return formatReference({ name: '', ...version }).slice(1)
  return formatReference({ name: marker ? name : (image.name ?? name), ...version })
}
