import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../test/parts/eventually.js'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { freePort } from '../test/parts/process.js'
import { startTidemark } from '../test/parts/tidemark.js'
import { ms, printTable } from './parts/figures.js'
import { repositoryAt, startCannedWith } from './parts/tag-lists.js'

/**
 * The built program watching 10,000 repositories of 100 tags every minute, on 20 hosts, with the settings that everybody
 * has. The first minute, in which it looks at each for the first time, is told apart from the next ones, in which nothing is
 * new. Run with `node --import tsx benchmarks/schedule.ts` after `npm run build`; takes two and a half minutes.
 */

const REPOSITORIES = 10_000
const HOSTS = 20
const TAGS = 100
const INTERVAL_S = 60
/** No period is longer than the interval and a tenth. */
const FIRST_S = INTERVAL_S + 8
const NEXT_S = 75

interface Sample {
  readonly at: number
  readonly cpuMs: number
  readonly rssMiB: number
  readonly peakMiB: number
  /** Of `rssMiB`: what is mapped from files, which processes share. */
  readonly filesMiB: number
  /** Of `rssMiB`: V8's heap. */
  readonly heapMiB: number
  readonly lagP99Ms: number
  readonly lagMaxMs: number
}

const RESOLUTION_MS = 5

/** At each signal it writes what the process has cost so far, and how late timers have been since the last one. */
const PROBE = `
const { monitorEventLoopDelay } = require('node:perf_hooks')
const { readFileSync, writeFileSync } = require('node:fs')
const lag = monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} })
lag.enable()
let samples = 0
process.on('SIGUSR2', () => {
  const { user, system } = process.cpuUsage()
  const late = (ns) => Math.max(0, ns / 1e6 - ${RESOLUTION_MS})
  const sample = {
    at: performance.now(),
    cpuMs: (user + system) / 1_000,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    peakMiB: process.resourceUsage().maxRSS / 2 ** 10,
    filesMiB: Number(/RssFile:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 2 ** 10,
    heapMiB: process.memoryUsage().heapTotal / 2 ** 20,
    lagP99Ms: late(lag.percentile(99)),
    lagMaxMs: late(lag.max),
  }
  lag.reset()
  writeFileSync(process.env.PROBE + samples++, JSON.stringify(sample))
})
`

const folder = await temporaryFolder('benchmark')
const lists = await startCannedWith(TAGS)
try {
  const { pid, stop } = await startWatching()
  const seconds: number[] = [lists.requests().length]
  const samples: Sample[] = [await sample(pid, 0)]
  for (const [index, lengthS] of [FIRST_S, NEXT_S].entries()) {
    await pause(lengthS * 1_000)
    samples.push(await sample(pid, index + 1))
    seconds.push(lists.requests().length)
  }
  await stop()
  printTable(
    ['', '% of a core', 'RSS MiB', 'peak MiB', 'lag p99 ms', 'lag max ms', 'requests', 'most in a second'],
    ['first look at each', 'nothing new'].map((name, index) => [name, ...figures(index)]),
  )
  printTable(
    ['MiB of it', 'files', 'heap', 'other'],
    ['before', 'first look at each', 'nothing new'].map((name, index) => [name, ...memory(index)]),
  )

  function memory(index: number): string[] {
    const { rssMiB = 0, filesMiB = 0, heapMiB = 0 } = samples[index] ?? {}
    return [filesMiB, heapMiB, rssMiB - filesMiB - heapMiB].map((mib) => mib.toFixed(0))
  }

  function figures(index: number): (string | number)[] {
    const [before, after] = samples.slice(index)
    if (before === undefined || after === undefined) throw new Error('Cannot measure: no samples')
    const requests = lists.requests().slice(...seconds.slice(index, index + 2))
    return [
      ((100 * (after.cpuMs - before.cpuMs)) / (after.at - before.at)).toFixed(1),
      after.rssMiB.toFixed(0),
      after.peakMiB.toFixed(0),
      ms(after.lagP99Ms),
      ms(after.lagMaxMs),
      requests.reduce((sum, count) => sum + count, 0),
      Math.max(...requests),
    ]
  }
} finally {
  await lists.stop()
  await removeFolder(folder)
}

async function startWatching() {
  const [, port = ''] = lists.host.split(':')
  const config = join(folder, 'config')
  await mkdir(config)
  const write = (name: string, content: object) => writeFile(join(config, name), JSON.stringify(content))
  await write('service.yaml', { server: { port: await freePort() }, state: join(folder, 'state') })
  for (let host = 0; host < HOSTS; host++) {
    const policies = Array.from({ length: REPOSITORIES / HOSTS }, (_, index) => {
      const name = repositoryAt(index * HOSTS + host)
      const image = `127.0.0.${host + 1}:${port}/${name}`
      return [name, { image, interval: `${INTERVAL_S}s`, select: { semver: '>=1.0.0' } }]
    })
    await write(`host-${host}.yaml`, { policies: Object.fromEntries(policies) })
  }
  const probe = join(folder, 'probe.cjs')
  await writeFile(probe, PROBE)
  return startTidemark(['--config', config], {
    env: { NODE_OPTIONS: `--require=${probe}`, PROBE: join(folder, 'sample') },
  })
}

function sample(pid: number, index: number): Promise<Sample> {
  process.kill(pid, 'SIGUSR2')
  return eventually('a sample', async () => {
    return JSON.parse(await readFile(join(folder, `sample${index}`), 'utf8'))
  })
}
