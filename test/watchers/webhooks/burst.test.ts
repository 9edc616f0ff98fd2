import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bullmqJobs } from '../../../src/jobs/bullmq.js'
import type { Jobs } from '../../../src/jobs/jobs.js'
import { memoryJobs } from '../../../src/jobs/memory.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { pushHints } from '../../../src/watchers/webhooks/push-hints.js'
import { withRedis } from '../../jobs/with-jobs.js'
import { eventually } from '../../parts/eventually.js'
import { watchedImage } from './watched-image.js'

const BURST = 500
const LAMP = 'ghcr.io/harbour/lamp'
const pushed = { repository: { registry: 'ghcr.io', path: 'harbour/lamp' }, tag: '1.0.0' }

/** Duplicates that come before a look costs one, and those that come during a look one more. */
async function coalesces(jobs: Jobs): Promise<void> {
  try {
    const hint = pushHints({ watches: watchedImage(LAMP), branchOf: () => undefined, jobs })
    const burst = async () => {
      const queued = await Promise.all(Array.from({ length: BURST }, () => hint([pushed, pushed])))
      assert.deepEqual(new Set(queued), new Set([1]))
    }
    await burst()
    const looks: string[] = []
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    jobs.polls.work(async ({ repository, trigger }) => {
      looks.push(`${trigger} ${repository}`)
      await finished
    }, 10)
    await eventually('a look', () => looks.length > 0)
    await burst()
    finish()
    await eventually('the queue is empty', async () => {
      const { waiting, active, delayed } = await jobs.polls.counts()
      return looks.length > 1 && waiting + active + delayed === 0
    })
    assert.deepEqual(looks, [`event ${LAMP}`, `event ${LAMP}`])
  } finally {
    await jobs.stop()
  }
}

test('a burst of events becomes one look, in the process', () =>
  coalesces(memoryJobs({ clock: systemClock, random: () => 0 })))

test('a burst of events becomes one look, in Redis', () =>
  withRedis({}, ({ url }) => coalesces(bullmqJobs({ clock: systemClock, random: () => 0, redis: url }))))
