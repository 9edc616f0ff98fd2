import type { Filter } from './filter.js'
import type { Policy } from './policy.js'
import { parseRange } from './range.js'
import { rankedPolicy } from './ranked.js'
import { compareVersions, tryParseVersion, type Version } from './version.js'

/**
 * Selects the highest version within a range, whose dialect `parseRange` describes.
 * Throws `PolicyError` `INVALID_RANGE` when built.
 */
export function semverPolicy(text: string, filter?: Filter): Policy {
  const range = parseRange(text)

  return rankedPolicy<Version>(
    {
      read: tryParseVersion,
      compare: compareVersions,
      admits: range.includes,
      refusal(text, version) {
        if (version === undefined) return 'not a version: three numbers with dots are needed'
        const group = range.groupWithoutPrereleases(version)
        if (group === undefined) return `${text} is outside "${range.text}"`
        return `${text} is a prerelease, and no comparator of "${group}" names one`
      },
      reasons: { best: `highest version in "${range.text}"`, same: 'same version as', other: 'lower than' },
    },
    filter,
  )
}
