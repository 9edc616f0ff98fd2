import { hash } from 'node:crypto'
import { branchKey, type PlacesReport, type PushReport, type Shown } from '../jobs/shown.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Reconciliation } from '../updaters/reconcile.js'
import type { UpdateTarget } from '../updaters/target.js'
import { judgedPlaces, latestPushes, pushReport } from './judged-places.js'

/** The places and pushes of branches, which are much to write: seldom, and only what has changed. */
export interface PlaceNotes {
  /** Whether something is to be written of it. */
  looked(target: Pick<UpdateTarget, 'git' | 'branch'>, came: Reconciliation): boolean
  /** Writes what may be written by now, or all of it. Resolves to whether that was something. */
  write(all: boolean): Promise<boolean>
  /** Whether something waits. */
  readonly waits: boolean
}

const WRITE_EVERY_MS = 2_000
/** The same once more, for Redis may have lost it. */
const WRITE_AGAIN_MS = 300_000

export function placeNotes(shown: Pick<Shown, 'places'>, clock: Clock, clean: (text: string) => string): PlaceNotes {
  const noted = new Map<string, Judged>()
  const written = new Map<string, { readonly digest: string; readonly at: number }>()

  /** Whether a branch was written less than so long ago. A clock that was set back is no reason to wait. */
  function isWithin(key: string, ms: number): boolean {
    const age = clock.now() - (written.get(key)?.at ?? Number.NEGATIVE_INFINITY)
    return age >= 0 && age < ms
  }

  async function writeBranch(key: string, judged: Judged): Promise<void> {
    const { digest, pushes, ...found } = judged
    const at = clock.now()
    const before = await shown.places.get(key)
    const all = latestPushes([...pushes, ...(before?.pushes ?? [])])
    await shown.places.set(key, { version: 1, ...found, pushes: all })
    written.set(key, { digest, at })
    const later = noted.get(key)
    if (later === judged) noted.delete(key)
    // What was pushed meanwhile stands before what is written now.
    else if (later !== undefined)
      noted.set(key, { ...later, pushes: later.pushes.slice(0, -pushes.length || undefined) })
  }

  return {
    looked(target, { plan, commits }) {
      const key = branchKey(target)
      const found = judgedPlaces(plan, clean)
      const digest = hash('sha256', JSON.stringify(found))
      const before = noted.get(key)
      const pushed = commits.map((commit) => pushReport(commit, clock.now())).reverse()
      const isSame = written.get(key)?.digest === digest && isWithin(key, WRITE_AGAIN_MS)
      if (before === undefined && isSame && pushed.length === 0) return false
      noted.set(key, { ...found, digest, pushes: latestPushes([...pushed, ...(before?.pushes ?? [])]) })
      return true
    },
    async write(all) {
      const due = [...noted].filter(([key]) => all || !isWithin(key, WRITE_EVERY_MS))
      for (const [key, judged] of due) await writeBranch(key, judged)
      return due.length > 0
    },
    get waits() {
      return noted.size > 0
    },
  }
}

type Judged = Pick<PlacesReport, 'policies' | 'places'> & {
  readonly digest: string
  /** Since what was written last, the newest first. */
  readonly pushes: readonly PushReport[]
}
