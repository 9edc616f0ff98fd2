import { bullmqJobs } from '../../src/jobs/bullmq.js'
import { systemClock } from '../../src/lifecycle/clock.js'

// A process that takes jobs up and never finishes them, for a test to kill.
const [redis = '', prefix = ''] = process.argv.slice(2)
const jobs = bullmqJobs({ redis, prefix, clock: systemClock, random: Math.random, silenceMs: 1_000 })
jobs.polls.work(async () => {
  console.log('in hand')
  await new Promise(() => {})
}, 1)
