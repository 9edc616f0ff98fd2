import { groupBy } from '../group-by.js'
import type { BranchReport, PlacedPolicy, PlaceReport, PlacesReport, PushReport } from '../jobs/shown.js'
import { oneLine } from '../telemetry/one-line.js'
import { isWaiting, type JudgedPlace } from '../updaters/judgement.js'
import type { BranchPlan } from '../updaters/plan.js'
import type { PushedCommit } from '../updaters/reconcile.js'

/** Bounds of what is kept of one branch. */
const MOST_PLACES = 5_000
const MOST_VALUES = 5
const MOST_PUSHES = 50
const MOST_CHANGES = 5_000

/** What is shown of the places of a branch once what was due has been pushed. `clean` takes secrets out of a text. */
export function judgedPlaces(
  { places, unplaced }: Pick<BranchPlan, 'places' | 'unplaced'>,
  clean: (text: string) => string,
): Pick<PlacesReport, 'policies' | 'places'> {
  const judged = places.map((place) => reportOf(place, clean))
  const policies = [...groupBy(judged, ({ policy }) => policy)].map(([policy, own]) => placedPolicy(policy, own))
  const nowhere = unplaced.map(
    (policy): PlacedPolicy => ({
      policy,
      places: 0,
      state: 'held',
      reason: 'finds no place to write to',
      current: [],
    }),
  )
  return { policies: [...policies, ...nowhere], places: mostImportant(judged) }
}

/** How many places of each policy do not have the selected tag, by the obstacle. What is due has been written, unless it is `undelivered`. */
export function waitingPlaces(
  { places }: Pick<BranchPlan, 'places'>,
  due?: 'undelivered',
): NonNullable<BranchReport['waiting']> {
  const isLeft = (place: JudgedPlace) =>
    isWaiting(place) || place.state === 'failing' || (due === 'undelivered' && place.edit !== undefined)
  const left = places.filter(isLeft).map(({ policy, obstacle = 'update' }) => ({ policy, obstacle }))
  return [...groupBy(left, ({ policy, obstacle }) => `${obstacle} ${policy}`).values()].flatMap((same) => {
    const [one] = same
    return one === undefined ? [] : [{ ...one, places: same.length }]
  })
}

/** The newest pushes, with as many of their changes as there is room for. */
export function latestPushes(pushes: readonly PushReport[]): PushReport[] {
  let room = MOST_CHANGES
  return pushes.slice(0, MOST_PUSHES).map((push) => {
    const changes = push.changes.slice(0, room)
    room -= changes.length
    return { ...push, changes }
  })
}

export function pushReport({ oid, branch, subject, changes }: PushedCommit, at: number): PushReport {
  return {
    branch,
    oid,
    at,
    subject: oneLine(subject),
    changes: changes
      .slice(0, MOST_CHANGES)
      .map(({ policy, file, line, from, to }) => ({ policy, file: oneLine(file), line, from, to })),
  }
}

/** The worst first. */
const STATES = ['failing', 'held', 'pending', 'current'] as const

function reportOf(place: JudgedPlace, clean: (text: string) => string): PlaceReport {
  const { policy, line, current, desired, state, obstacle, until, edit } = place
  const file = oneLine(place.file)
  // What is to be written has been by now.
  if (edit !== undefined && desired !== undefined) {
    return { policy, file, line, current: desired, desired, state: 'current', reason: `has ${desired}` }
  }
  const reason = oneLine(clean(place.reason))
  return { policy, file, line, current: oneLine(current), desired, state, reason, obstacle, until }
}

/** Who ignores a line, or leaves the tag out, knows, and asks for nothing. */
function isLeftOut({ obstacle }: PlaceReport): boolean {
  return obstacle === 'ignored' || obstacle === 'untagged'
}

function placedPolicy(policy: string, places: readonly PlaceReport[]): PlacedPolicy {
  const followed = places.filter((place) => !isLeftOut(place))
  let [worst] = followed
  for (const place of followed) if (worst === undefined || rankOf(place) < rankOf(worst)) worst = place
  const [first] = places
  const values = new Set((worst === undefined ? places : followed).map(({ current }) => current))
  return {
    policy,
    places: places.length,
    state: worst === undefined ? 'current' : stateOf(worst),
    reason: worst?.reason ?? first?.reason ?? '',
    current: [...values].slice(0, MOST_VALUES),
  }
}

/** What was not listed yet waits for that, and nobody has to do anything. */
function stateOf({ state, obstacle }: PlaceReport): PlaceReport['state'] {
  return obstacle === 'not-polled' ? 'pending' : state
}

function rankOf(place: PlaceReport): number {
  return STATES.indexOf(stateOf(place))
}

/** All places where they are few, and otherwise those that somebody may wonder about. */
function mostImportant(places: readonly PlaceReport[]): PlaceReport[] {
  if (places.length <= MOST_PLACES) return [...places]
  return [...places].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, MOST_PLACES)
}
