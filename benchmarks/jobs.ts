import { bullmqJobs } from '../src/jobs/bullmq.js'
import type { Jobs } from '../src/jobs/jobs.js'
import { memoryJobs } from '../src/jobs/memory.js'
import { systemClock } from '../src/lifecycle/clock.js'
import { startRedis } from '../test/parts/redis.js'

// How many polls a second the queues take and hand out: each round orders all repositories, then works them off.
const REPOSITORIES = 5_000
const ROUNDS = 5
const IN_FLIGHT = 50
const CONCURRENCY = 50

const redis = await startRedis()
try {
  const options = { clock: systemClock, random: Math.random }
  console.log(
    `${REPOSITORIES} repositories, ${IN_FLIGHT} orders in flight, ${CONCURRENCY} handlers; jobs/s, median of ${ROUNDS}`,
  )
  await measure('memory', () => memoryJobs(options))
  let opened = 0
  await measure('bullmq', () => bullmqJobs({ ...options, redis: redis.url, prefix: `benchmark-${++opened}` }))
} finally {
  await redis.stop()
}

async function measure(name: string, open: () => Jobs): Promise<void> {
  const added: number[] = []
  const folded: number[] = []
  const processed: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const jobs = open()
    await jobs.ping()
    added.push(await rateOf(() => orderAll(jobs)))
    folded.push(await rateOf(() => orderAll(jobs)))
    processed.push(await rateOf(() => workAll(jobs)))
    await jobs.stop()
  }
  console.log(`${name}: add ${median(added)}, add what already waits ${median(folded)}, process ${median(processed)}`)
}

async function orderAll(jobs: Jobs): Promise<void> {
  let next = 0
  const order = async () => {
    while (next < REPOSITORIES) {
      await jobs.polls.add({ version: 1, repository: `ghcr.io/org/app-${next++}`, trigger: 'event' })
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, order))
}

function workAll(jobs: Jobs): Promise<void> {
  return new Promise((resolve) => {
    let left = REPOSITORIES
    jobs.polls.work(async () => {
      left -= 1
      if (left === 0) resolve()
    }, CONCURRENCY)
  })
}

async function rateOf(run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return Math.round((REPOSITORIES * 1_000) / (performance.now() - startedAt))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
