import { parseKeyPath } from '../../policies/key-path.js'
import { absentIn, type Claims, deadEndsOf, type FollowedPath, noClaims } from './claims.js'
import { lineCounter } from './lines.js'
import { countMentions } from './marker.js'
import type { Place, Scan } from './place.js'
import { type Region, regionsOf, sourceOf } from './source.js'
import { textPlaces } from './text-places.js'
import { yamlPlaces } from './yaml-places.js'

/**
 * Finds every place of a file, whichever policy may follow it, and what `paths` lead to. The result depends on the bytes, the
 * file's base name and the paths only, so that it can be remembered by them. What looks meant but cannot be followed is a
 * warning, and left alone. Throws `PolicyError` `INVALID_PATH`.
 */
export function scanManifest(file: string, bytes: Uint8Array, paths: readonly string[] = []): Scan {
  if (bytes.length > LARGEST_BYTES) return refuse(`the file has more than ${LARGEST_BYTES / 2 ** 20} MiB`)
  const { text, base } = sourceOf(bytes)
  const followed = paths.map((path) => ({ text: path, steps: parseKeyPath(path) }))
  if (!MENTION.test(text)) {
    const deadEnds = followed.flatMap((path) => absentIn(text, path) ?? [])
    if (paths.length === 0) return NOTHING
    if (deadEnds.length === paths.length) return { ...NOTHING, deadEnds }
  }
  if (countMentions(text, MOST_MARKERS + 1) > MOST_MARKERS) return refuse(`it has more than ${MOST_MARKERS} markers`)
  const regions = regionsOf(file, text)
  if (regions === undefined) return refuse('its values nest too deeply or are too many')

  const lineOf = lineCounter(text)
  const scans = regions.map((region) => scanRegion(file, text, region, lineOf, followed))
  const deadEnds = deadEndsOf(
    scans.map(({ claims }) => claims),
    lineOf,
  )
  return {
    places: scans
      .flatMap(({ places }) => places)
      .map((place) => movedBy(place, base))
      .sort((a, b) => a.start - b.start),
    warnings: scans.flatMap(({ warnings }) => warnings).sort((a, b) => a.line - b.line),
    ...(deadEnds.length > 0 && { deadEnds }),
  }
}

/** Real manifests stay far below: the largest bundles of custom resource definitions have some 5 MiB. */
const LARGEST_BYTES = 10 * 2 ** 20
const MOST_MARKERS = 10_000

const NOTHING: Scan = { places: [], warnings: [] }

/**
 * Most files of a repository end here, so it is one pass and no more: a key that discovery looks for, or a marker. A key behind
 * `?` may have a comment before its colon.
 */
const MENTION =
  /(?:[iI]mage(?:s|Name)?|[tT]ag|[dD]igest|repository|registry|parameters)["']?[ \t\r\n]*:|\$imagepolicy|tidemark:|(?<![^ \t\n,{[-])\?[ \t\n]/

function movedBy(place: Place, base: number): Place {
  if (base === 0) return place
  const moved = { ...place, start: place.start + base, end: place.end + base }
  if (place.pin === undefined || place.pin === 'inside') return moved
  return { ...moved, pin: { ...place.pin, start: place.pin.start + base, end: place.pin.end + base } }
}

function refuse(reason: string): Scan {
  return { places: [], warnings: [{ line: 1, message: `Cannot look for images: ${reason}` }] }
}

function scanRegion(
  file: string,
  text: string,
  region: Region,
  lineOf: (offset: number) => number,
  paths: readonly FollowedPath[],
): Scan & { readonly claims: Claims } {
  if (region.type === 'yaml') return yamlPlaces(file, text, region, lineOf, paths)
  const scan = { ...textPlaces(text, region, lineOf), claims: noClaims(paths) }
  // A template is not meant to be YAML. What else is not, would otherwise hide its images without a word.
  if (region.fault === undefined || text.slice(region.start, region.end).includes('{{')) return scan
  const message = `Cannot read the YAML document: ${region.fault.code}`
  return { ...scan, warnings: [...scan.warnings, { line: lineOf(region.fault.offset), message }] }
}
