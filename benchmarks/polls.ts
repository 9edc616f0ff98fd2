import { existsSync } from 'node:fs'
import { ms, printTable, quantile } from './parts/figures.js'
import type { PassResult } from './parts/polling.js'
import { startCannedWith, startRegistryWith, type TagLists } from './parts/tag-lists.js'
import { type Spent, startWorker } from './parts/worker.js'

/**
 * Looking at 1,000 repositories of 100 tags in which nothing is new: our poller and registry client beside `node:http` that
 * makes the same requests and hashes the bodies. Each in a process of its own, in turns, upon two servers: a real registry,
 * which takes most of the time itself, and a list made beforehand.
 */

const REPOSITORIES = 1_000
const TAGS = 100
const ROUNDS = 15

// The registry's files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const script = new URL('./parts/polling.ts', import.meta.url)
console.log(`${REPOSITORIES} repositories, ${TAGS} tags each, nothing new; one pass over all, median of ${ROUNDS}`)
const rows = [
  ...(await measure('docker-registry', await startRegistryWith(REPOSITORIES, TAGS))),
  ...(await measure('canned list', await startCannedWith(TAGS))),
]
printTable(['', 'wall ms', 'polls/s', 'CPU ms', 'µs CPU a poll', 'CPU ratio', 'peak MiB'], rows)

async function measure(server: string, lists: TagLists): Promise<(string | number)[][]> {
  const open = (kind: string) => startWorker<'pass', PassResult>(script, [kind, lists.host, String(REPOSITORIES)])
  const workers = { ours: await open('ours'), bare: await open('bare') }
  const passes = { ours: [] as Spent[], bare: [] as Spent[] }
  try {
    const first = await workers.ours.run('pass')
    await workers.bare.run('pass')
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of ['ours', 'bare'] as const) {
        const spent = await workers[name].run('pass')
        if (spent.result.unchanged !== REPOSITORIES) throw new Error(`Cannot measure: ${JSON.stringify(spent.result)}`)
        passes[name].push(spent)
      }
    }
    const bareCpu = quantile(passes.bare.map(({ cpuMs }) => cpuMs))
    return [
      rowOf(`${server}: node:http and SHA-256`, passes.bare, bareCpu),
      rowOf(`${server}: ours`, passes.ours, bareCpu),
      rowOf(`${server}: ours, first pass`, [first], bareCpu),
    ]
  } finally {
    await Promise.all([workers.ours.stop(), workers.bare.stop()])
    await lists.stop()
  }
}

function rowOf(name: string, passes: readonly Spent[], bareCpu: number): (string | number)[] {
  const wall = quantile(passes.map(({ wallMs }) => wallMs))
  const cpu = quantile(passes.map(({ cpuMs }) => cpuMs))
  const peak = Math.max(...passes.map(({ peakMiB }) => peakMiB))
  return [
    name,
    ms(wall),
    ((REPOSITORIES * 1_000) / wall).toFixed(0),
    ms(cpu),
    ((cpu * 1_000) / REPOSITORIES).toFixed(0),
    (cpu / bareCpu).toFixed(2),
    peak.toFixed(0),
  ]
}
