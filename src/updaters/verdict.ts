import { holdOn } from '../jobs/holds.js'
import { choiceFor, isMadeBy } from '../jobs/selection.js'
import { formatInstant } from '../policies/time-text.js'
import { oneLine } from '../telemetry/one-line.js'
import type { JudgedPlace, Known, Obstacle } from './judgement.js'
import type { Place } from './manifests/place.js'
import type { WritingPolicy } from './target.js'
import { desiredAt, editAt, needsDigest, standsAt, wantedAt } from './value-at.js'

type PlaceVerdict = Pick<JudgedPlace, 'desired' | 'state' | 'reason' | 'until' | 'obstacle' | 'edit'>

/** What should be done at a place of one policy. What is nearest to the place is said first: its comment before the policy's gates. */
export function verdictAt(
  place: Place,
  policy: WritingPolicy,
  { selections, holds, compareFor, now }: Known,
): PlaceVerdict {
  if (place.marker?.type === 'ignore') return unknown('a comment says to ignore this line', 'ignored')
  const selection = selections.get(policy.name)
  if (!isMadeBy(policy, selection)) {
    return unknown('the repository has not been listed yet', 'not-polled')
  }
  const current = place.image.tag
  if (current === undefined && policy.policy.needs === 'current') {
    return unknown('has no tag for the policy to go by', 'untagged')
  }
  const choice = choiceFor(selection, current)
  if (choice === undefined) return unknown(`the repository has not been looked at for ${current} yet`, 'not-polled')
  const { tag, digest, block } = choice
  if (tag === undefined) return unknown(choice.reason ?? 'no tag qualifies', 'no-tag')

  const wanted = wantedAt(place, policy, tag, digest)
  const desired = desiredAt(place, policy, wanted)
  if (standsAt(place, policy, tag, digest)) return { desired, state: 'current', reason: `has ${tag}` }

  const held = (reason: string, obstacle: Obstacle): PlaceVerdict => ({ desired, state: 'held', reason, obstacle })
  if (place.marker?.type === 'hold') return held(`a comment holds it: ${place.marker.reason}`, 'hold')
  if (isUntagged(place)) return held('has neither tag nor digest: add one, or a marker', 'untagged')
  if (needsDigest(place, policy) && digest === undefined) return held(`the digest of ${tag} is not known`, 'no-digest')

  const rank = current === undefined ? undefined : compareFor(policy)(tag, current)
  if (rank !== undefined && rank < 0 && policy.downgrade === 'never') {
    return held(`${current} stands here, and ${tag} would be a downgrade`, 'downgrade')
  }
  const hold = holdOn(tag, holds?.get(policy.name), now)
  if (hold !== undefined) return { ...held(`held: ${oneLine(hold.reason)}`, 'hold'), until: hold.until }
  if (block !== undefined) {
    const { gate, reason, until } = block
    const state = gate === 'hold' ? 'held' : 'pending'
    return { desired, state, reason: `${tag} waits: ${reason}`, until, obstacle: gate }
  }
  const window = policy.window?.judge(now)
  if (window?.open === false) {
    const { until } = window
    const reason = `${tag} waits: ${window.reason}${until === undefined ? '' : `, until ${formatInstant(until)}`}`
    return { desired, state: 'pending', reason, until, obstacle: 'window' }
  }
  const edit = editAt(place, policy, wanted)
  return { desired, state: 'pending', reason: `${tag} is selected`, obstacle: 'update', edit }
}

function unknown(reason: string, obstacle: Obstacle): PlaceVerdict {
  return { desired: undefined, state: 'held', reason, obstacle }
}

/** Whether nothing is written at a place, whatever a policy selects: nobody has to decide whose it is. */
export function isFrozen(place: Place): boolean {
  return place.marker?.type === 'ignore' || place.marker?.type === 'hold' || isUntagged(place)
}

/** Without a marker, a reference that names no tag is left to what completes it, such as a kustomization. */
function isUntagged({ kind, image, marker }: Place): boolean {
  return kind === 'reference' && marker === undefined && image.tag === undefined && image.digest === undefined
}
