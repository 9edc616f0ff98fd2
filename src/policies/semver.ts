import { isReferrerTag, isTag, type Tag } from '../image/tag.js'
import type { Policy, Verdict } from './policy.js'
import { parseRange, type Range } from './range.js'
import { compareVersions, tryParseVersion, type Version } from './version.js'

/**
 * Selects the highest version within a range, whose dialect `parseRange` describes.
 *
 * Tags that are not versions are passed over, so `latest` beside `1.4.2` does no harm. Of tags that are the same version,
 * such as `1.4.2` and `v1.4.2`, the one whose text sorts higher is selected.
 * Throws `PolicyError` `INVALID_RANGE` when built.
 */
export function semverPolicy(text: string): Policy {
  const range = parseRange(text)

  return {
    select(tags) {
      let best: Candidate | undefined
      for (const tag of tags) {
        const version = tryParseVersion(tag)
        if (version === undefined) continue
        const candidate = { tag, version }
        // The comparison comes first, as most tags are lower than the best one so far.
        if (best !== undefined && compareCandidates(candidate, best) <= 0) continue
        if (range.includes(version) && isTag(tag)) best = candidate
      }
      return best?.tag
    },

    judge(tags) {
      const candidates: Candidate[] = []
      const rejected: Verdict[] = []
      for (const tag of new Set(tags)) {
        const version = versionOrRefusal(tag, range)
        if (typeof version === 'string') rejected.push({ tag, verdict: 'rejected', reason: version })
        else candidates.push({ tag, version })
      }
      candidates.sort((a, b) => compareCandidates(b, a))
      rejected.sort((a, b) => compareTexts(a.tag, b.tag))
      return [...rank(candidates, range), ...rejected]
    },

    compare(a, b) {
      const left = tryParseVersion(a)
      const right = tryParseVersion(b)
      return left && right && compareVersions(left, right)
    },
  }
}

interface Candidate {
  readonly tag: Tag
  readonly version: Version
}

// The text decides between spellings of one version, so that the choice never depends on the registry's order.
function compareCandidates(a: Candidate, b: Candidate): number {
  return compareVersions(a.version, b.version) || compareTexts(a.tag, b.tag)
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function versionOrRefusal(tag: Tag, range: Range): Version | string {
  if (!isTag(tag)) return 'not a valid tag'
  if (isReferrerTag(tag)) return 'signature or attestation tag'
  const version = tryParseVersion(tag)
  if (version === undefined) return 'not a version: three numbers with dots are needed'
  if (range.includes(version)) return version
  const group = range.groupWithoutPrereleases(version)
  if (group === undefined) return `${tag} is outside "${range.text}"`
  return `${tag} is a prerelease, and no comparator of "${group}" names one`
}

/** The verdicts of the candidates, from best to worst. */
function rank([best, ...others]: readonly Candidate[], range: Range): Verdict[] {
  if (best === undefined) return []
  const eligible = others.map(({ tag, version }): Verdict => {
    const same = compareVersions(version, best.version) === 0
    const reason = same ? `same version as ${best.tag}, whose text sorts higher` : `lower than ${best.tag}`
    return { tag, verdict: 'eligible', reason }
  })
  return [{ tag: best.tag, verdict: 'selected', reason: `highest version in "${range.text}"` }, ...eligible]
}
