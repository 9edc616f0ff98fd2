import { existsSync } from 'node:fs'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { startSshServer } from '../test/parts/ssh-server.js'
import { type Cost, openContest } from './parts/contest.js'
import { ms, printTable, quantile } from './parts/figures.js'
import { FILES_PER_APP } from './parts/fleet.js'

/**
 * Writing one image over SSH into a repository of 50,000 files and one of 200: our reconciler beside native Git and OpenSSH's
 * client, in turns, each upon a copy of its own at one sshd. Wall and CPU time of the client alone.
 */

const SIZES = { large: 2_000, small: 8 }
const rounds = Number(process.argv[2] ?? 15)

// 50,000 files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const sshd = await startSshServer()
const reach = {
  urlOf: sshd.urlOf,
  login: { sshKey: { file: sshd.key.file }, knownHosts: sshd.knownHosts },
  sshCommand: `ssh -F none -i ${sshd.key.file} -o UserKnownHostsFile=${sshd.knownHosts} -o IdentitiesOnly=yes`,
}
const rows: string[][] = []
try {
  for (const [size, apps] of Object.entries(SIZES)) await compare(size, apps)
  printTable(['', 'ours ms', 'native ms', 'ratio', 'ours CPU ms', 'native CPU ms', 'ratio'], rows)
} finally {
  await sshd.stop()
}

async function compare(size: string, apps: number): Promise<void> {
  const state = await temporaryFolder('benchmark')
  const contest = await openContest(apps, state, reach)
  const ours = await contest.engine('wire', 'wire', Math.min(100, apps))
  const native = await contest.native()
  try {
    await ours.update()
    await native.readCold()
    const costs = { alone: turns(), others: turns() }
    for (let round = 0; round < rounds; round++) {
      costs.alone.ours.push(await ours.update())
      costs.alone.native.push(await native.update())
      for (const client of ['wire', 'native'] as const) await contest.somebodyCommits(client, round)
      costs.others.ours.push(await ours.update())
      costs.others.native.push(await native.update())
    }
    const files = apps * FILES_PER_APP
    rows.push(row(`${size}, ${files} files: nobody else pushed`, costs.alone))
    rows.push(row(`${size}, ${files} files: somebody else pushed`, costs.others))
  } finally {
    await ours.stop()
    await native.stop()
    await contest.stop()
    await removeFolder(state)
  }
}

interface Turns {
  readonly ours: Cost[]
  readonly native: Cost[]
}

function turns(): Turns {
  return { ours: [], native: [] }
}

function row(title: string, { ours, native }: Turns): string[] {
  const figures = (['wallMs', 'cpuMs'] as const).flatMap((what) => {
    const [mine, theirs] = [ours, native].map((costs) => quantile(costs.map((cost) => cost[what])))
    if (mine === undefined || theirs === undefined) throw new Error('Cannot measure: no rounds')
    return [ms(mine), ms(theirs), (mine / theirs).toFixed(2)]
  })
  return [title, ...figures]
}
