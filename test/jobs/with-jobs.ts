import { type BullmqJobsOptions, bullmqJobs } from '../../src/jobs/bullmq.js'
import type { Jobs } from '../../src/jobs/jobs.js'
import type { Trouble } from '../../src/jobs/options.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { type RedisOptions, type RunningRedis, startRedis } from '../parts/redis.js'

/** Jobs in Redis and what they told, stopped afterwards whatever happens. */
export async function withJobs(
  options: Pick<BullmqJobsOptions, 'redis' | 'prefix' | 'silenceMs' | 'graceMs' | 'onRecovery'>,
  use: (jobs: Jobs, troubles: readonly Trouble[]) => Promise<void>,
): Promise<void> {
  const troubles: Trouble[] = []
  const onTrouble = (trouble: Trouble) => troubles.push(trouble)
  const jobs = bullmqJobs({ clock: systemClock, random: () => 0, onTrouble, ...options })
  try {
    await use(jobs, troubles)
  } finally {
    await jobs.stop()
  }
}

/** A Redis of one's own, ended afterwards whatever happens. */
export async function withRedis(options: RedisOptions, use: (redis: RunningRedis) => Promise<void>): Promise<void> {
  const redis = await startRedis(options)
  try {
    await use(redis)
  } finally {
    await redis.stop()
  }
}
