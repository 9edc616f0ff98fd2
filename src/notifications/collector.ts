import type { Notice } from '../jobs/notices.js'
import type { Clock } from '../lifecycle/clock.js'

export interface Collector {
  add(notice: Notice): void
  /** Hands over what is collected now. */
  flush(): void
}

export interface CollectorOptions {
  readonly intervalMs: number
  readonly clock: Clock
  /** Takes what belongs to one message. */
  readonly handOver: (notices: readonly Notice[]) => void
}

/** Of a message in the queue: ten thousand held places must not become one that nobody can carry. */
const MOST_NOTICES = 1_000
const MOST_CHARACTERS = 256 * 1024

/** Makes one message of what happens within an interval, which the first of it begins, or of as much as a message may have. */
export function createCollector({ intervalMs, clock, handOver }: CollectorOptions): Collector {
  let collected: Notice[] = []
  let characters = 0
  let cancel = () => {}

  function flush() {
    cancel()
    cancel = () => {}
    const notices = withoutPassing(collected)
    collected = []
    characters = 0
    if (notices.length > 0) handOver(notices)
  }

  return {
    add(notice) {
      if (collected.length === 0) cancel = clock.after(intervalMs, flush)
      collected.push(notice)
      characters += JSON.stringify(notice).length
      if (collected.length >= MOST_NOTICES || characters >= MOST_CHARACTERS) flush()
    },
    flush,
  }
}

/** What failed and is over before anybody has been told of it is no news. */
function withoutPassing(notices: readonly Notice[]): readonly Notice[] {
  const failures = new Map<string, Notice>()
  const passing = new Set<Notice>()
  for (const notice of notices) {
    if (notice.type === 'failed') failures.set(subjectOf(notice), notice)
    if (notice.type !== 'recovered') continue
    const failure = failures.get(subjectOf(notice))
    if (failure === undefined) continue
    failures.delete(subjectOf(notice))
    passing.add(failure).add(notice)
  }
  return notices.filter((notice) => !passing.has(notice))
}

function subjectOf({ what, repository, git, branch, policies }: Extract<Notice, { what: string }>): string {
  return JSON.stringify([what, repository, git, branch, what === 'place' ? policies : []])
}
