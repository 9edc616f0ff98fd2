import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SshLogin } from '../../src/updaters/git/transports/access.js'
import { commitFiles, type GitServer, git, startGitServer } from '../../test/parts/git-server.js'
import { appAt, fleetFiles } from './fleet.js'
import { type NativeGit, type NativeSpent, startNativeGit } from './native-git.js'
import type { WriteOrder, WriteResult } from './reconciling.js'
import { type Spent, startWorker } from './worker.js'

export const CLIENTS = ['wire', 'isomorphic', 'native'] as const
export type Client = (typeof CLIENTS)[number]
export type Engine = Exclude<Client, 'native'>

export interface Cost extends NativeSpent, Partial<Pick<Spent, 'peakMiB' | 'stallMs'>> {
  readonly requests: number
}

/** A repository that every client has a copy of, on a server of its own. */
export interface Contest {
  /** Our reconciler with one of its engines, in a process of its own. Its state is in a folder of this name. */
  engine(engine: Engine, state: string, policies: number, isNamed?: boolean): Promise<Updater>
  native(): Promise<Native>
  /** Another file than ours each time, of another app. */
  somebodyCommits(client: Client, round: number): Promise<void>
  addReferences(count: number): Promise<void>
  pathOf(client: Client): string
  stop(): Promise<void>
}

export interface Updater {
  /** Writes a new tag for so many images. */
  update(images?: number): Promise<Cost>
  /** Makes a commit, lets somebody else be faster, and tells what it costs to know that. */
  lose(round: number): Promise<Cost>
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface Native {
  update(): Promise<Cost>
  updateCold(images?: number): Promise<Cost>
  readCold(): Promise<Cost>
  stop(): Promise<void>
}

const COMMITS = 2_000

/** How the repositories are reached, where not by HTTP. */
export interface Reach {
  urlOf(path: string): string
  readonly login: SshLogin
  /** For native Git. */
  readonly sshCommand: string
}

/** `folder` must exist. */
export async function openContest(apps: number, folder: string, reach?: Reach): Promise<Contest> {
  const servers = { wire: await startGitServer(), isomorphic: await startGitServer(), native: await startGitServer() }
  // The engine is chosen by what the server can do.
  servers.isomorphic.before = ({ headers }) => {
    delete headers['git-protocol']
    return undefined
  }
  const pathOf = (client: Client) => join(servers[client].folder, 'fleet.git')
  const urlOf = (client: Client) => reach?.urlOf(pathOf(client)) ?? `${servers[client].url}/fleet.git`
  /** The last tag that each has written, by the app. */
  const tags: Record<Client, number[]> = { wire: [], isomorphic: [], native: [] }
  let folders = 0

  const { path } = await servers.native.create('fleet', fleetFiles(apps))
  await addHistory(path, apps)
  await git(path, ['gc', '--quiet'])
  for (const engine of ['wire', 'isomorphic'] as const) await cp(path, pathOf(engine), { recursive: true })

  async function counted<T extends NativeSpent>(server: GitServer, work: () => Promise<T>) {
    const before = server.requests.length
    const spent = await work()
    return { ...spent, requests: server.requests.length - before }
  }

  /** One tag for all that are written at once, and not yet anywhere. */
  function nextTag(client: Client, images: number): { readonly from: number; readonly to: number } {
    const from = tags[client][0] ?? 0
    const to = Math.max(0, ...tags[client]) + 1
    for (let app = 0; app < images; app++) tags[client][app] = to
    return { from, to }
  }

  async function somebodyCommits(client: Client, round: number): Promise<void> {
    const file = appAt(Math.floor(apps / 2) + (round % (apps / 2))).file.replace('deployment', 'configmap')
    await commitFiles(pathOf(client), 'main', { [file]: `kind: ConfigMap\ndata: { round: "${performance.now()}" }\n` })
  }

  return {
    pathOf,
    somebodyCommits,
    async engine(engine, state, policies, isNamed = false) {
      const args = [
        urlOf(engine),
        join(folder, state),
        String(policies),
        isNamed ? 'named' : '',
        JSON.stringify(reach?.login ?? null),
      ]
      const open = () => startWorker<WriteOrder, WriteResult>(new URL('./reconciling.ts', import.meta.url), args)
      let worker = await open()
      const run = async (order: WriteOrder, expected: number) => {
        const spent = await counted(servers[engine], () => worker.run(order))
        if (spent.result !== expected) throw new Error(`Cannot measure: ${spent.result} instead of ${expected}`)
        return spent
      }
      return {
        update: (images = 1) => run({ type: 'update', tag: `1.0.${nextTag(engine, images).to}`, images }, images),
        async lose(round) {
          await run({ type: 'commit' }, 0)
          await somebodyCommits(engine, round)
          return run({ type: 'lose' }, 1)
        },
        async restart() {
          await worker.stop()
          worker = await open()
        },
        stop: () => worker.stop(),
      }
    },
    async native() {
      const mirror = join(folder, `native-${++folders}`)
      await mkdir(mirror)
      const shell: NativeGit = await startNativeGit(
        urlOf('native'),
        mirror,
        reach && { GIT_SSH_COMMAND: reach.sshCommand },
      )
      const run = (work: () => Promise<NativeSpent>) => counted(servers.native, work)
      const change = (images: number) => {
        const { from, to } = nextTag('native', images)
        return { file: appAt(0).file, from: `:1.0.${from}$`, to: `:1.0.${to}` }
      }
      return {
        update: () => run(() => shell.update(change(1))),
        async updateCold(images = 1) {
          if (images === 1) return run(() => shell.updateCold(change(1)))
          const list = join(folder, `files-${folders}`)
          await writeFile(list, Array.from({ length: images }, (_, app) => `${appAt(app).file}\n`).join(''))
          return run(() => shell.updateManyCold(list, { ...change(images), from: ':1[.]0[.][0-9]*$' }))
        },
        readCold: () => run(shell.cold),
        stop: shell.stop,
      }
    },
    async addReferences(count) {
      const lines = Array.from({ length: count }, (_, index) => `create refs/pull/${index}/head refs/heads/main\n`)
      for (const client of CLIENTS) {
        const tip = String(await git(pathOf(client), ['rev-parse', 'main'])).trim()
        const input = lines.join('').replaceAll('refs/heads/main\n', `${tip}\n`)
        await git(pathOf(client), ['update-ref', '--stdin'], { input })
        await git(pathOf(client), ['pack-refs', '--all'])
      }
    },
    async stop() {
      for (const server of Object.values(servers)) await server.stop()
    },
  }
}

/** Of commits that change one file each. */
async function addHistory(path: string, apps: number): Promise<void> {
  const commits = Array.from({ length: COMMITS - 1 }, (_, index) => {
    const file = appAt(index % apps).file.replace('deployment', 'service')
    const text = `kind: Service\nmetadata: { generation: ${index} }\n`
    const from = index === 0 ? 'from refs/heads/main^0\n' : ''
    const head = `commit refs/heads/main\ncommitter Somebody <somebody@example.com> ${1767225600 + index} +0000\ndata 6\nChange\n`
    return `${head}${from}M 100644 inline ${file}\ndata ${text.length}\n${text}\n`
  })
  await git(path, ['fast-import', '--quiet'], { input: commits.join('') })
}
