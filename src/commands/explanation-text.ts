import { isReferrerTag } from '../image/tag.js'
import type { Verdict } from '../policies/policy.js'
import { besideHeld } from '../telemetry/beside-state.js'
import { oneLine } from '../telemetry/one-line.js'
import type { ExplainedPlace, ExplainedTag, Explanation } from './explanation.js'

/**
 * For a person: the tags, the selected one marked, then the places. `now` in milliseconds since the Unix epoch. Tags that keep
 * signatures are counted only: signed images have one each, and its 76 characters would push the reasons out of sight.
 */
export function explanationText({ policy, image, tags, places, error }: Explanation, now: number): string {
  // Several where the policy goes by the tags in Git.
  const selected = tags.filter(({ verdict }) => verdict === 'selected').map(({ tag }) => tag)
  const images = tags.filter(({ tag }) => !isReferrerTag(tag))
  const lines = [
    `${policy}: ${image} selects ${selected.length === 0 ? 'nothing' : selected.join(', ')}`,
    ...(error === undefined ? [] : [`  error: ${error}`]),
    ...table(
      images.map((tag) => [
        MARK[tag.verdict],
        tag.tag,
        tag.verdict,
        ageOf(tag, now),
        shortened(tag.digest ?? ''),
        tag.reason,
      ]),
    ),
    ...(images.length === tags.length ? [] : [`     signature or attestation tags: ${tags.length - images.length}`]),
    ...(places.length === 0 ? ['  no places'] : placesLines(places)),
  ]
  return `${lines.map(oneLine).join('\n')}\n`
}

/** A sentence: why a tag is selected, or why it is not. Where it is, also the places that do not have it. */
export function tagText({ policy, tags, places, error }: Explanation, tag: string): string {
  const verdict = tags.find((other) => other.tag === tag)?.verdict
  const without = verdict === 'selected' ? places.filter(({ state }) => state !== 'current') : []
  const sentence = `${policy}: ${tag} is ${standingOf(tag, tags)}${error === undefined ? '' : ` (error: ${error})`}`
  return `${[sentence, ...(without.length === 0 ? [] : placesLines(without))].map(oneLine).join('\n')}\n`
}

function standingOf(tag: string, tags: readonly ExplainedTag[]): string {
  const found = tags.find((other) => other.tag === tag)
  if (found !== undefined) return `${STATE[found.verdict]}: ${found.reason}`
  const none = tags.length === 0 ? 'no tags are known' : `it is none of the ${tags.length} tags of the registry's list`
  return `not selected: ${none}`
}

function placesLines(places: readonly ExplainedPlace[]): readonly string[] {
  const rows = places.map(({ git, file, line, path, current, desired, state, reason }) => [
    ' ',
    `${git} ${file}:${line}${path === undefined ? '' : ` ${path}`}`,
    state,
    shortened(desired === null || desired === current ? current : `${current || 'untagged'} → ${desired}`),
    besideHeld(reason),
  ])
  return ['  places:', ...table(rows)]
}

const MARK: Readonly<Record<Verdict['verdict'], string>> = { selected: '*', eligible: ' ', rejected: ' ' }
const STATE: Readonly<Record<Verdict['verdict'], string>> = {
  selected: 'selected',
  eligible: 'not selected',
  rejected: 'rejected',
}

const AGES = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** Since its creation, or since it was first seen, such as `3d`. Empty where neither is known. */
function ageOf({ createdAt, seenSince }: ExplainedTag, now: number): string {
  const since = createdAt ?? seenSince
  if (since === undefined) return ''
  const ageMs = Math.max(0, now - Date.parse(since))
  const [unit, unitMs] = AGES.find(([, ms]) => ageMs >= ms) ?? ['s', 1_000]
  return `${Math.floor(ageMs / unitMs)}${unit}`
}

/** Of each digest as much as tells one from another. */
function shortened(text: string): string {
  return text.replaceAll(/(:[0-9a-f]{12})[0-9a-f]{52,}/g, '$1')
}

/** Columns without any text are left out. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  )
  return rows.map((row) => {
    const cells = row.flatMap((cell, column) => (widths[column] === 0 ? [] : [cell.padEnd(widths[column] ?? 0)]))
    return `  ${cells.join('  ')}`.trimEnd()
  })
}
