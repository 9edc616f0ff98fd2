import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { formatReference } from '../../../src/image/reference.js'
import type { Place, PlaceEdit } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'

const NAME = 'ghcr.io/org/app'
const TAG = '1.5.0'
const DIGEST = `sha256:${'2'.repeat(64)}`

/** A heading, paths, or a file's name and content: as a diff, or as YAML that stays as it is. */
const PART = /^## (.+)$|^```yaml\n(paths: .+\n)```$|^`([^`\n]+)`:\n\n```(diff|yaml)\n([\s\S]*?)^```$/gm

const examples: Example[] = []
let section = ''
let paths: readonly string[] = []
for (const [, heading, config, file = '', format, content = ''] of readFileSync('docs/places.md', 'utf8').matchAll(
  PART,
)) {
  if (heading !== undefined) [section, paths] = [heading, []]
  else if (config !== undefined) paths = parse(config).paths
  else examples.push({ section, paths, file, before: side(format, content, '-'), after: side(format, content, '+') })
}

interface Example {
  readonly section: string
  /** What the policy follows instead of its image. */
  readonly paths: readonly string[]
  readonly file: string
  readonly before: string
  readonly after: string
}

describe('docs/places.md', () => {
  it('has examples in every section', () => {
    const sections = ['References', 'Tags and digests beside a repository', 'kustomize', 'Argo CD', 'Markers']
    assert.deepEqual(
      [...new Set(examples.map((example) => example.section))],
      [...sections, 'Paths', 'Adding a digest', 'Left alone'],
    )
  })

  for (const { section, paths, file, before, after } of examples) {
    it(`shows what comes of ${file} under ${section}`, () => {
      const written = spliceManifest(
        file,
        Buffer.from(before),
        editsOf(file, before, paths, section === 'Adding a digest'),
      )
      assert.equal(Buffer.from(written).toString(), after)
    })
  }
})

function side(format: string | undefined, content: string, sign: '-' | '+'): string {
  const lines = content.replace(/sha256:([12])…/g, (_, digit: string) => `sha256:${digit.repeat(64)}`).split('\n')
  if (format === 'yaml') return lines.join('\n')
  return lines
    .filter((line) => line.startsWith(' ') || line.startsWith(sign) || line === '')
    .map((line) => line.slice(1))
    .join('\n')
}

/** The one policy is called `app`, and Flux's markers call it `apps:app`. */
function editsOf(file: string, text: string, paths: readonly string[], pin: boolean): readonly PlaceEdit[] {
  const { places } = scanManifest(file, Buffer.from(text), paths)
  const followed = paths.length === 0 ? places.filter(isFollowed) : places.filter((place) => place.paths !== undefined)
  return followed.map((place) => {
    const inserted = pin && place.pin !== undefined && place.pin !== 'inside'
    return { place, value: valueAt(place, pin && place.pin === 'inside'), ...(inserted && { digest: DIGEST }) }
  })
}

function isFollowed({ kind, image, marker }: Place): boolean {
  if (marker !== undefined) return marker.type === 'policy' && ['app', 'apps/app'].includes(marker.policy)
  const isUntagged = kind === 'reference' && (image.tag ?? image.digest) === undefined
  return image.name === NAME && !isUntagged
}

function valueAt({ kind, value, image, paths }: Place, added: boolean): string {
  if (kind === 'name') return NAME
  if (kind === 'digest') return DIGEST
  const digest = added || value.includes('@') ? { digest: DIGEST } : {}
  const version = formatReference({ name: '', tag: TAG, ...digest }).slice(1)
  const name = paths === undefined ? (image.name ?? NAME) : NAME
  return kind === 'tag' ? version : `${name}:${version}`
}
