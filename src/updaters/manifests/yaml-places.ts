import { type Claim, type Claims, claimsOf, type FollowedPath } from './claims.js'
import { discover } from './discover.js'
import type { Finding } from './finding.js'
import { EXPRESSION_MESSAGE, foundPlace, markedPlace } from './marked-place.js'
import type { MalformedMarker } from './marker.js'
import { readMarks } from './marks.js'
import type { ScalarNode } from './node.js'
import { pathPlace } from './path-place.js'
import type { Marker, Place, Scan, Warning } from './place.js'
import type { YamlRegion } from './source.js'
import { textPlaces } from './text-places.js'

/** The places of a YAML document: what discovery finds, as far as markers leave it, and what markers and paths add. */
export function yamlPlaces(
  file: string,
  text: string,
  region: YamlRegion,
  lineOf: (offset: number) => number,
  paths: readonly FollowedPath[],
): Scan & { readonly claims: Claims } {
  const places: Place[] = []
  const { findings, doubts } = discover(file, text, region.root)
  const { verdicts, oddities, blockLines } = readMarks(text, region, findings)
  const claims = claimsOf(region.root, paths, findings)
  const marked = new Set([...verdicts.keys()].map(({ start }) => start))
  const warnings: Warning[] = oddities.map(({ offset, message }) => ({ line: lineOf(offset), message }))

  for (const finding of findings.values())
    add(finding.scalar, verdictOf(finding, verdicts), withoutPinAt(marked, finding))
  for (const [scalar, verdict] of verdicts) if (!findings.has(scalar)) add(scalar, verdict)
  for (const scalar of claims.scalars.keys())
    if (!findings.has(scalar) && !verdicts.has(scalar) && !doubts.has(scalar)) add(scalar, undefined)
  for (const { scalar, message } of doubts.values()) {
    if (!verdicts.has(scalar)) warnings.push({ line: lineOf(scalar.start), message })
  }
  for (const line of blockLines) {
    const scan = textPlaces(text, line, lineOf)
    places.push(...scan.places)
    warnings.push(...scan.warnings)
  }
  return { places, warnings, claims }

  function add(scalar: ScalarNode, verdict: Marker | MalformedMarker | undefined, finding?: Finding): void {
    if (verdict?.type === 'malformed') return
    const line = lineOf(scalar.start)
    const claim = claims.scalars.get(scalar)
    if (verdict?.type === 'policy') {
      const place = markedPlace(scalar, verdict, line, finding)
      if (place === undefined) warnings.push({ line, message: EXPRESSION_MESSAGE })
      else places.push(withPaths(place, claim))
    } else if (finding?.image.name !== undefined) {
      places.push(withPaths(foundPlace(finding, line, verdict), claim))
    } else if (claim !== undefined) {
      const place = finding === undefined ? pathPlace(scalar, claim, line, verdict) : foundPlace(finding, line, verdict)
      if (typeof place === 'string')
        warnings.push(...claim.naming.map((path) => ({ line, message: `Cannot follow the path "${path}": ${place}` })))
      else places.push({ ...withPaths(place, claim), undiscovered: true })
    }
  }
}

function withPaths(place: Place, claim: Claim | undefined): Place {
  return claim === undefined ? place : { ...place, paths: claim.paths }
}

/** An empty digest that has a marker is a place of its own, and not for the tag beside it to fill. */
function withoutPinAt(marked: ReadonlySet<number>, finding: Finding): Finding {
  const { pin, ...rest } = finding
  const isTaken = pin !== undefined && pin !== 'inside' && !pin.withKey && marked.has(pin.start)
  return isTaken ? rest : finding
}

/** A tag and the digest beside it are one decision, or they would name two images: what is said of one counts for both. */
function verdictOf(
  { scalar, kind, partner }: Finding,
  verdicts: ReadonlyMap<ScalarNode, Marker | MalformedMarker>,
): Marker | MalformedMarker | undefined {
  const own = verdicts.get(scalar)
  if (own !== undefined || partner === undefined) return own
  const other = verdicts.get(partner)
  return other?.type === 'policy' ? { ...other, part: kind } : other
}
