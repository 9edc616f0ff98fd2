import { reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import type { Trouble } from '../jobs/options.js'
import type { Records } from '../jobs/records.js'
import { type BranchReport, branchKey, type HostReport, type LookReport } from '../jobs/shown.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import type { Events, Poll } from '../telemetry/events.js'
import { oneLine } from '../telemetry/one-line.js'
import type { Reconciliation } from '../updaters/reconcile.js'
import type { UpdateTarget } from '../updaters/target.js'
import { waitingPlaces } from './judged-places.js'
import { placeNotes } from './place-notes.js'

export interface RecorderOptions {
  readonly jobs: Pick<Jobs, 'shown'>
  readonly clock: Clock
  /** Takes secrets out of what a registry or a Git server said: they know them, and may repeat them. */
  readonly clean: (text: string) => string
  readonly onTrouble: (trouble: Trouble) => void
}

/** Notes what a process does for all processes to show. What it notes is written together, about once a second. */
export interface Recorder extends Component {
  /** Passes everything on, and notes what is shown of it. */
  listening(events: Events): Events
  looked(target: Pick<UpdateTarget, 'git' | 'branch'>, came: Reconciliation): void
  /** What is due cannot be pushed: it waits. */
  undelivered(target: Pick<UpdateTarget, 'git' | 'branch'>, plan: Reconciliation['plan']): void
  /** Something else is to be shown that others have written. */
  changed(): void
  /** Calls back after what it noted was written. Returns what ends that. */
  onWritten(listener: () => void): () => void
}

const WRITE_EVERY_MS = 1_000
/** That something was looked at and is as before, is told that seldom. */
const UNCHANGED_EVERY_MS = 10_000

export function startRecorder({ jobs: { shown }, clock, clean, onTrouble }: RecorderOptions): Recorder {
  const looks = new Map<string, LookReport>()
  const hosts = new Map<string, HostPatch>()
  const branches = new Map<string, BranchReport>()
  const places = placeNotes(shown, clock, clean)
  const failing = new Set<string>()
  const retries = new Map<string, number>()
  const listeners = new Set<() => void>()
  let isNews = false
  let toldAt = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | undefined
  let writing: Promise<void> = Promise.resolve()
  let stopped = false

  const text = (reason: string) => oneLine(clean(reason))

  function note(news: boolean): void {
    isNews ||= news
    if (stopped) return
    cancel ??= clock.after(WRITE_EVERY_MS, () => {
      cancel = undefined
      writing = writing.then(write)
    })
  }

  function noteHost(host: string, patch: HostPatch, news = true): void {
    hosts.set(host, { ...hosts.get(host), ...patch })
    note(news)
  }

  function polled({ registry, repository, outcome, reason, resting }: Poll): void {
    // It was not looked at.
    if (outcome === 'skipped' || resting) return
    const at = clock.now()
    const said = reason === undefined ? undefined : text(reason)
    // Spelled out: V8 gives each object that is made by spreading a hidden class of its own, which takes 200 bytes.
    const look = { version: 1, at, outcome } as const
    looks.set(repository, said === undefined ? look : { version: 1, at, outcome, reason: said })
    const wasFailing = failing.delete(repository)
    if (outcome === 'failed') {
      failing.add(repository)
      noteHost(registry, { lastError: { at, reason: said ?? '' } })
    }
    note(outcome !== 'unchanged' || wasFailing)
  }

  function noteBranch(where: Pick<UpdateTarget, 'git' | 'branch'>, report: Omit<BranchReport, 'version' | 'retries'>) {
    branches.set(branchKey(where), { version: 1, ...report, retries: retries.get(where.git) ?? 0 })
  }

  function noteFailing(where: Pick<UpdateTarget, 'git' | 'branch'>, patch: Pick<BranchReport, 'failure' | 'waiting'>) {
    noteBranch(where, { ...branches.get(branchKey(where)), ...patch })
    note(true)
  }

  /** Writes what was noted. What cannot be written now is tried again with what follows. */
  async function write(): Promise<void> {
    try {
      await writeAll(shown.looks, looks)
      for (const [host, patch] of [...hosts]) {
        await shown.hosts.set(host, patched(await shown.hosts.get(host), patch))
        if (hosts.get(host) === patch) hosts.delete(host)
      }
      await writeBranches()
      if (await places.write(stopped)) isNews = true
      await tell()
    } catch (error) {
      onTrouble({ queue: 'shown', reason: reasonOf(error) })
    }
    if (places.waits) note(false)
  }

  async function writeBranches(): Promise<void> {
    for (const [key, report] of [...branches]) {
      // A look that failed leaves what the one before it found.
      const before = report.lookedAt === undefined ? await shown.branches.get(key) : undefined
      await shown.branches.set(key, { ...before, ...report })
      if (branches.get(key) === report) branches.delete(key)
    }
  }

  async function tell(): Promise<void> {
    if (!isNews && clock.now() - toldAt < UNCHANGED_EVERY_MS) return
    isNews = false
    toldAt = clock.now()
    await shown.changes.tell()
    for (const listener of listeners) listener()
  }

  return {
    listening: (events) => ({
      ...events,
      polled(poll) {
        events.polled(poll)
        polled(poll)
      },
      selected(selection) {
        events.selected(selection)
        note(true)
      },
      registryRested(rest) {
        events.registryRested(rest)
        const reason = text(rest.reason)
        noteHost(rest.registry, { rest: { until: rest.until, reason }, lastError: { at: clock.now(), reason } })
      },
      registryRecovered(registry) {
        events.registryRecovered(registry)
        noteHost(registry, { rest: undefined })
      },
      registryAllowed(allowance) {
        events.registryAllowed(allowance)
        noteHost(allowance.registry, { remaining: allowance.remaining }, false)
      },
      pushRetried(retry) {
        events.pushRetried(retry)
        retries.set(retry.git, (retries.get(retry.git) ?? 0) + 1)
      },
      updateFailed(update) {
        events.updateFailed(update)
        noteFailing(update, { failure: { at: clock.now(), reason: text(update.reason) } })
      },
    }),
    looked(target, came) {
      const left = waitingPlaces(came.plan)
      noteBranch(target, { lookedAt: clock.now(), ...(left.length > 0 && { waiting: left }) })
      note(places.looked(target, came))
    },
    undelivered(target, plan) {
      noteFailing(target, { waiting: waitingPlaces(plan, 'undelivered') })
    },
    changed: () => note(true),
    onWritten(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async stop() {
      stopped = true
      cancel?.()
      writing = writing.then(write)
      await writing
    },
  }
}

/** What has changed of a host; what is undefined is over. */
type HostPatch = { readonly [Name in keyof Omit<HostReport, 'version'>]?: HostReport[Name] | undefined }

function patched(before: HostReport | undefined, patch: HostPatch): HostReport {
  const { lastError, rest, remaining } = { ...before, ...patch }
  return {
    version: 1,
    ...(lastError && { lastError }),
    ...(rest && { rest }),
    ...(remaining !== undefined && { remaining }),
  }
}

async function writeAll<Value>(records: Records<Value>, noted: Map<string, Value>): Promise<void> {
  const values = new Map(noted)
  if (values.size === 0) return
  await records.setAll(values)
  for (const [key, value] of values) if (noted.get(key) === value) noted.delete(key)
}
