import { discover } from './discover.js'
import type { Finding } from './finding.js'
import { EXPRESSION_MESSAGE, markedPlace } from './marked-place.js'
import type { MalformedMarker } from './marker.js'
import { readMarks } from './marks.js'
import type { ScalarNode } from './node.js'
import type { Marker, Place, Scan, Warning } from './place.js'
import { decode, type YamlRegion } from './source.js'

/** The places of a YAML document: what discovery finds, as far as markers leave it, and what markers add. */
export function yamlPlaces(file: string, text: string, region: YamlRegion, lineOf: (offset: number) => number): Scan {
  const places: Place[] = []
  const { findings, doubts } = discover(file, region.root)
  const { verdicts, oddities } = readMarks(text, region, findings)
  const warnings: Warning[] = oddities.map(({ offset, message }) => ({ line: lineOf(offset), message }))

  for (const finding of findings.values()) add(finding.scalar, verdictOf(finding, verdicts), finding)
  for (const [scalar, verdict] of verdicts) if (!findings.has(scalar)) add(scalar, verdict)
  for (const { scalar, message } of doubts.values()) {
    if (!verdicts.has(scalar)) warnings.push({ line: lineOf(scalar.start), message })
  }
  return { places, warnings }

  function add(scalar: ScalarNode, verdict: Marker | MalformedMarker | undefined, finding?: Finding): void {
    if (verdict?.type === 'malformed') return
    const line = lineOf(scalar.start)
    if (verdict?.type === 'policy') {
      const place = markedPlace(scalar, verdict, line, finding?.kind === verdict.part ? finding.image : undefined)
      if (place === undefined) warnings.push({ line, message: EXPRESSION_MESSAGE })
      else places.push(place)
    } else if (finding?.image.name !== undefined) {
      const { kind, image } = finding
      const { start, end, value } = scalar
      const marker = verdict !== undefined && { marker: verdict }
      places.push({ kind, start, end, line, value: decode(value), image, ...marker })
    }
  }
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
