import { hash, randomUUID } from 'node:crypto'
import { isRetryable, reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import type { Notice, NoticesJob } from '../jobs/notices.js'
import type { AddOptions, JobHandler } from '../jobs/queue.js'
import { sleep } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { shareSignal } from '../lifecycle/share-signal.js'
import type { Events } from '../telemetry/events.js'
import { createCollector } from './collector.js'
import type { Destination } from './destination.js'
import { NotificationError } from './errors.js'
import { type Concern, wantedOf } from './filter.js'
import { type OpenTargetOptions, openTarget } from './open.js'
import type { Target } from './target.js'

export interface NotificationsOptions extends OpenTargetOptions {
  readonly destinations: readonly Destination[]
  readonly jobs: Pick<Jobs, 'notices'>
  readonly events: Pick<Events, 'notified' | 'queueTroubled'>
  /** Takes secrets out of what failures say. */
  readonly clean: (text: string) => string
  /** Whether this process sends what is queued, too. */
  readonly sends: boolean
}

export interface Notifications extends Component {
  /** Takes a notice for all who want it. Never fails and never waits. */
  tell(notice: Notice, concern?: Concern): void
}

/** Messages wait for slow targets side by side, so that none holds up another. */
const CONCURRENCY = 64
/** Each process reads the policy file, and one of them tells what came of it. */
const SAME_REFUSAL = { atMostOncePerMs: 3_600_000 }
const SAME_RECOVERY = { atMostOncePerMs: 60_000 }
const ADD_AGAIN_MS = 5_000
const MOST_WAITING = 1_000

/** Collects what is told, and queues and sends it as messages. */
export function startNotifications(options: NotificationsOptions): Notifications {
  const { destinations, jobs, events, clock, clean, sends } = options
  const adding = new Set<Promise<void>>()
  const stopping = new AbortController()
  shareSignal(stopping.signal)

  function queue(target: string, notices: readonly Notice[], id: string = randomUUID(), options: AddOptions = {}) {
    const job: NoticesJob = { version: 1, target, id, notices: [...notices] }
    const added: Promise<void> = keepAdding(job, options).finally(() => adding.delete(added))
    adding.add(added)
  }

  /** While the queue is away a message waits here, for as long as there are not too many and the process lives. */
  async function keepAdding(job: NoticesJob, options: AddOptions) {
    for (;;) {
      try {
        return await jobs.notices.add(job, options)
      } catch (error) {
        events.queueTroubled({ queue: 'notices', reason: reasonOf(error) })
        if (stopping.signal.aborted || adding.size > MOST_WAITING || !isRetryable(error)) return
      }
      await sleep(clock, ADD_AGAIN_MS, stopping.signal).catch(() => {})
    }
  }

  const entries = destinations.map((destination) => {
    const key = keyOf(destination)
    const { intervalMs } = destination
    const handOver = (notices: readonly Notice[]) => queue(key, notices)
    return { key, destination, collector: createCollector({ intervalMs, clock, handOver }) }
  })
  if (sends) jobs.notices.work(sender(options), CONCURRENCY)
  let stopped: Promise<void> | undefined

  return {
    tell(told, concern) {
      const notice = 'reason' in told ? { ...told, reason: clean(told.reason) } : told
      for (const { key, destination, collector } of entries) {
        const wanted = wantedOf(notice, concern, destination)
        if (wanted === undefined) continue
        if (wanted.type === 'config-refused') queue(key, [wanted], hash('sha256', wanted.reason), SAME_REFUSAL)
        else if (wanted.type === 'recovered' && wanted.what === 'config') queue(key, [wanted], 'config', SAME_RECOVERY)
        else collector.add(wanted)
      }
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }

  async function stop() {
    for (const { collector } of entries) collector.flush()
    stopping.abort()
    await Promise.all(adding)
    await jobs.notices.stop()
  }
}

/**
 * Says which entry it is to processes that have the same file, whatever the order of its entries: a name may be numbered by it.
 * Without what proves who sends, which could be guessed from a digest, and may be renewed.
 */
function keyOf(destination: Destination): string {
  const { to, url, on, policies, git } = destination
  const people = to === 'email' ? destination.recipients : []
  const template = 'template' in destination ? destination.template : undefined
  const identity = JSON.stringify([url, people, on, policies, git, template])
  return `${to}-${hash('sha256', identity).slice(0, 16)}`
}

function sender(options: NotificationsOptions): JobHandler<NoticesJob> {
  const { destinations, events } = options
  const targets = new Map<string, { readonly name: string; readonly target: Target }>(
    destinations.map((destination) => [
      keyOf(destination),
      { name: destination.name, target: openTarget(destination, options) },
    ]),
  )

  return async ({ target: key, id, notices }, { signal }) => {
    const entry = targets.get(key)
    if (entry === undefined) {
      // Perhaps a process with another policy file has it.
      const message = 'Cannot notify: this policy file has no entry of "notifications" that the message is for'
      throw new NotificationError('UNKNOWN_TARGET', message, { retryable: true })
    }
    const sent = { to: entry.name, notices: notices.length }
    try {
      // What has one key for several processes may happen again.
      await entry.target.send({ id: `${id}-${notices[0]?.at}`, notices }, signal)
      events.notified({ ...sent, outcome: 'sent' })
    } catch (error) {
      if (signal.aborted) throw error
      const retried = isRetryable(error)
      events.notified({ ...sent, outcome: retried ? 'failed' : 'refused', reason: reasonOf(error) })
      // What is refused for good has been told.
      if (retried) throw error
    }
  }
}
