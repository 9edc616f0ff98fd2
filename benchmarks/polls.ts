import { existsSync } from 'node:fs'
import { ms, printTable, quantile } from './parts/figures.js'
import type { PassResult } from './parts/polling.js'
import { repositoryAt, startCannedWith, startRegistryWith, type TagLists } from './parts/tag-lists.js'
import { type Spent, startWorker } from './parts/worker.js'
import { loadByWrk } from './parts/wrk.js'

/**
 * Looking at 1,000 repositories of 100 tags in which nothing is new: our poller and registry client beside `node:http` that
 * makes the same requests and hashes the bodies. Each in a process of its own, in turns, upon two servers: a real registry,
 * which takes most of the time itself, and a list made beforehand. How much each server can answer is what `wrk` gets of it.
 */

const REPOSITORIES = 1_000
const TAGS = 100
const ROUNDS = 15
/** As many connections as the poller has to one host. */
const LOAD = { connections: 8, seconds: 1 }

// The registry's files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const script = new URL('./parts/polling.ts', import.meta.url)
console.log(`${REPOSITORIES} repositories, ${TAGS} tags each, nothing new; one pass over all, median of ${ROUNDS}`)
const rows = [
  ...(await measure('docker-registry', await startRegistryWith(REPOSITORIES, TAGS))),
  ...(await measure('canned list', await startCannedWith(TAGS))),
]
printTable(
  ['', 'requests', 'wall ms', 'polls/s', 'share of wrk', 'CPU ms', 'µs CPU a poll', 'CPU ratio', 'peak MiB'],
  rows,
)

async function measure(server: string, lists: TagLists): Promise<(string | number)[][]> {
  const open = (kind: string) => startWorker<'pass', PassResult>(script, [kind, lists.host, String(REPOSITORIES)])
  const workers = { ours: await open('ours'), bare: await open('bare') }
  const passes = { ours: [] as Pass[], bare: [] as Pass[] }
  try {
    const first = await workers.ours.run('pass')
    await workers.bare.run('pass')
    const wrk: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      wrk.push(await loadByWrk(`http://${lists.host}/v2/${repositoryAt(0)}/tags/list?n=1000`, LOAD))
      for (const name of ['ours', 'bare'] as const) {
        const spent = await workers[name].run('pass')
        if (spent.result.outcomes.unchanged !== REPOSITORIES)
          throw new Error(`Cannot measure: ${JSON.stringify(spent.result)}`)
        passes[name].push(spent)
      }
    }
    const yardstick = { cpuMs: quantile(passes.bare.map(({ cpuMs }) => cpuMs)), wrk: quantile(wrk) }
    return [
      [`${server}: wrk`, '', '', yardstick.wrk.toFixed(0)],
      rowOf(`${server}: node:http and SHA-256`, passes.bare, yardstick),
      rowOf(`${server}: ours`, passes.ours, yardstick),
      rowOf(`${server}: ours, first pass`, [first], yardstick),
    ]
  } finally {
    await Promise.all([workers.ours.stop(), workers.bare.stop()])
    await lists.stop()
  }
}

type Pass = Spent & { readonly result: PassResult }

interface Yardstick {
  readonly cpuMs: number
  /** Requests a second. */
  readonly wrk: number
}

function rowOf(name: string, passes: readonly Pass[], yardstick: Yardstick): (string | number)[] {
  const wall = quantile(passes.map(({ wallMs }) => wallMs))
  const cpu = quantile(passes.map(({ cpuMs }) => cpuMs))
  const peak = Math.max(...passes.map(({ peakMiB }) => peakMiB))
  const perSecond = (REPOSITORIES * 1_000) / wall
  return [
    name,
    quantile(passes.map(({ result }) => result.requests)),
    ms(wall),
    perSecond.toFixed(0),
    (perSecond / yardstick.wrk).toFixed(2),
    ms(cpu),
    ((cpu * 1_000) / REPOSITORIES).toFixed(0),
    (cpu / yardstick.cpuMs).toFixed(2),
    peak.toFixed(0),
  ]
}
