import { hash } from 'node:crypto'
import http from 'node:http'
import { parseRepository } from '../../src/image/repository.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { createPoller } from '../../src/watchers/poll.js'
import { ociRegistry } from '../../src/watchers/registry/oci.js'
import { type WatchedPolicy, watchesOf } from '../../src/watchers/watch.js'
import { repositoryAt } from './tag-lists.js'
import { serve } from './worker.js'

/** When every repository was looked at once. */
export interface PassResult {
  /** Repositories by what came of their poll. */
  readonly outcomes: Readonly<Record<string, number>>
  /** What the registry was asked. */
  readonly requests: number
}

/** As many under way, and as many connections, as the service has. */
const IN_FLIGHT = 32
const CONNECTIONS = 8

const [kind = '', host = '', count = ''] = process.argv.slice(2)
const names = Array.from({ length: Number(count) }, (_, index) => repositoryAt(index))
let requests = 0
const { look, stop } = kind === 'ours' ? poller() : bareClient()

serve<'pass', PassResult>(async () => {
  const outcomes: Record<string, number> = {}
  const before = requests
  const left = names.keys()
  const worker = async () => {
    for (const index of left) {
      const outcome = await look(index)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  return { outcomes, requests: requests - before }
}, stop)

interface Client {
  look(index: number): Promise<string>
  stop(): Promise<void>
}

/** The poller and the registry client as the service makes them, one policy a repository. */
function poller(): Client {
  const surroundings = { clock: systemClock, random: Math.random }
  const registry = ociRegistry({
    hosts: () => ({ plainHttp: true }),
    clock: systemClock,
    userAgent: 'tidemark/benchmark',
    onRequest: () => {
      requests++
    },
  })
  const jobs = memoryJobs(surroundings)
  const events = { polled: () => {}, selected: () => {}, judged: () => {} }
  const { poll } = createPoller({ ...surroundings, registry, jobs, events })
  const watches = [...watchesOf(names.map(policyOf)).values()]
  const { signal } = new AbortController()
  return {
    async look(index) {
      const watch = watches[index]
      return watch === undefined ? 'missing' : (await poll(watch, 'schedule', signal)).outcome
    },
    async stop() {
      await registry.stop()
      await jobs.stop()
    },
  }
}

function policyOf(name: string): WatchedPolicy {
  const image = `${host}/${name}`
  return {
    name,
    image,
    repository: parseRepository(image),
    schedule: { type: 'interval', intervalMs: 60_000 },
    rule: 'benchmark',
    policy: semverPolicy('>=1.0.0'),
    gates: [],
    fallback: false,
    follows: false,
    ageFrom: 'firstSeen',
    after: [],
    targets: [],
  }
}

/** The yardstick: the same requests by `node:http`, and whether the hash of the body is that of the last look. */
function bareClient(): Client {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const known = new Map<number, string>()
  const [hostname = '', port = ''] = host.split(':')
  return {
    look(index) {
      return new Promise((resolve, reject) => {
        const path = `/v2/${names[index]}/tags/list?n=1000`
        requests++
        http
          .get({ agent, hostname, port, path }, (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('end', () => {
              if (response.statusCode !== 200) return resolve(`status ${response.statusCode}`)
              const before = known.get(index)
              const now = hash('sha256', Buffer.concat(chunks), 'hex')
              known.set(index, now)
              resolve(now === before ? 'unchanged' : 'changed')
            })
          })
          .on('error', reject)
      })
    },
    async stop() {
      agent.destroy()
    },
  }
}
