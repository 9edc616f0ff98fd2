import type { NoticesJob } from '../../src/jobs/notices.js'
import type { PollJob, UpdateJob } from '../../src/jobs/payloads.js'

export function poll(repository: string, trigger: PollJob['trigger'] = 'schedule'): PollJob {
  return { version: 1, repository, trigger }
}

export function update(branch: string): UpdateJob {
  return { version: 1, git: 'fleet', branch }
}

export function message(id: string, target = 'slack'): NoticesJob {
  return { version: 1, target, id, notices: [{ type: 'config-refused', at: 1, reason: id }] }
}

/** A handler's work that a test holds and lets go. */
export interface Latch {
  readonly opened: Promise<void>
  open(): void
}

export function latch(): Latch {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
