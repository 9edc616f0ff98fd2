import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startDockerRegistry } from '../test/parts/docker-registry.js'
import { eventually } from '../test/parts/eventually.js'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { readFileAt, startGitServer } from '../test/parts/git-server.js'
import { pushImage } from '../test/parts/image.js'
import { freePort } from '../test/parts/process.js'
import { type RunningTidemark, startTidemark, writePolicyFile } from '../test/parts/tidemark.js'
import { ms, printTable, quantile } from './parts/figures.js'
import { type App, appAt, FILES_PER_APP, fleetFiles, imageLine } from './parts/fleet.js'
import { startNativeGit } from './parts/native-git.js'

/**
 * From a tag that is given in docker-registry to the commit on the branch, by the running service, which nothing but the
 * registry's own notification tells of it; beside native Git, in turns, that is told the file and the tag and makes the same
 * commit on a kept bare mirror. Both end when the server has taken the push. Needs the built program: `npm run build`.
 */

const ROUNDS = 50
const WARM_UP = 5
const APPS = 40
const SECRET = 'benchmark-secret'

if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const git = await startGitServer()
const port = await freePort()
const registry = await startDockerRegistry({
  notifications: { url: `http://127.0.0.1:${port}/webhooks/registry`, authorization: `Bearer ${SECRET}` },
})
const folder = await temporaryFolder('benchmark')
try {
  await compare()
} finally {
  await git.stop()
  await registry.stop()
  await removeFolder(folder)
}

async function compare(): Promise<void> {
  const app = appAt(0, registry.host)
  const files = fleetFiles(APPS, registry.host)
  const ours = await git.create('ours', files)
  const theirs = await git.create('native', files)
  const mirror = join(folder, 'native')
  await mkdir(mirror)
  const native = await startNativeGit(theirs.url, mirror)
  await native.cold()
  const service = await startService(app, ours.url)
  const times = { ours: [] as number[], native: [] as number[] }
  try {
    for (let round = 1 - WARM_UP; round <= ROUNDS; round++) {
      const [from, to] = [round + WARM_UP - 1, round + WARM_UP].map((patch) => imageLine(app, `1.0.${patch}`))
      const give = await readyTag(repositoryOf(app), `1.0.${round + WARM_UP}`)
      const oursMs = await untilPushed('ours', give)
      const nativeMs = await untilPushed('native', () =>
        native.update({ file: app.file, from: from ?? '', to: to ?? '' }),
      )
      for (const { path } of [ours, theirs]) await requireLine(path, app, to ?? '')
      if (round <= 0) continue
      times.ours.push(oursMs)
      times.native.push(nativeMs)
    }
  } finally {
    await service.stop()
    await native.stop()
  }

  console.log(`${APPS * FILES_PER_APP} files, one image; ${registry.kind}; ${ROUNDS} rounds`)
  const rowOf = (name: string, values: readonly number[]) => [name, ms(quantile(values)), ms(quantile(values, 0.95))]
  const ratio = (share: number) => (quantile(times.ours, share) / quantile(times.native, share)).toFixed(2)
  printTable(
    ['', 'median ms', 'p95 ms'],
    [
      rowOf('tag to commit, by notification', times.ours),
      rowOf('native git, fetch to push', times.native),
      ['ratio', ratio(0.5), ratio(0.95)],
    ],
  )
}

/** Ready when it has looked at the registry and at the branch once. */
async function startService(app: App, url: string): Promise<RunningTidemark> {
  await pushImage(registry, repositoryOf(app), '1.0.0')
  const config = await writePolicyFile(folder, {
    git: { fleet: { url, interval: '1h' } },
    // As fast as it goes: politeness is not what is measured.
    registries: { [registry.host]: { requestsPerSecond: 10_000 } },
    policies: { app: { image: app.image, interval: '1h', select: { semver: '1.x' }, write: [{ git: 'fleet' }] } },
    webhooks: { registry: { sender: 'distribution', registry: registry.host, secret: SECRET } },
    server: { port },
    state: join(folder, 'state'),
  })
  const service = await startTidemark(['--config', config])
  await eventually(
    'the first look at the branch',
    async () =>
      (await (await fetch(`${service.url}/metrics`)).text()).includes(
        'tidemark_updates_total{git="fleet",outcome="unchanged"}',
      ),
    60_000,
  )
  return service
}

/**
 * Pushes an image under a tag that no policy selects, and returns what gives it the other tag: one request, so that how fast
 * layers are stored is not measured.
 */
async function readyTag(repository: string, tag: string): Promise<() => Promise<void>> {
  const manifests = `${registry.url}/v2/${repository}/manifests`
  const { digest } = await pushImage(registry, repository, `build-${tag}`)
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = await (await fetch(`${manifests}/${digest}`, { headers: { accept } })).text()
  return async () => {
    const { status } = await fetch(`${manifests}/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': accept },
      body: manifest,
    })
    if (status !== 201) throw new Error(`Cannot measure: giving a tag was answered ${status}`)
  }
}

/** Milliseconds until the Git server has taken a push to the repository. What was begun may end later. */
async function untilPushed(name: string, begin: () => Promise<unknown>): Promise<number> {
  const pushed = new Promise<number>((resolve) => {
    git.after = ({ method, path }, answer) => {
      if (method === 'POST' && path === `/${name}.git/git-receive-pack`) resolve(performance.now())
      return answer
    }
  })
  const startedAt = performance.now()
  const begun = begin()
  const endedAt = await pushed
  await begun
  return endedAt - startedAt
}

async function requireLine(path: string, app: App, line: string): Promise<void> {
  const text = (await readFileAt(path, 'main', app.file)).toString()
  if (!text.includes(`${line}\n`)) throw new Error(`Cannot measure: "${line}" is not in ${app.file}`)
}

function repositoryOf({ image }: App): string {
  return image.slice(image.indexOf('/') + 1)
}
