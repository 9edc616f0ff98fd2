import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../../test/parts/eventually.js'
import { removeFolder, temporaryFolder } from '../../test/parts/folder.js'
import { pushTags } from '../../test/parts/image.js'
import { freePort, startProcess } from '../../test/parts/process.js'

/** A registry with many repositories of the same tags. */
export interface TagLists {
  readonly host: string
  stop(): Promise<void>
}

const DIGEST = `sha256:${'a'.repeat(64)}`

export function repositoryAt(index: number): string {
  return `team-${index % 40}/app-${index}`
}

function tagAt(index: number): string {
  return `1.${Math.floor(index / 10)}.${index % 10}`
}

/** Debian's `docker-registry`: one repository is pushed, and the others are links to it, or their files would be a million. */
export async function startRegistryWith(repositories: number, tags: number): Promise<TagLists> {
  const folder = await temporaryFolder('registry')
  const host = `127.0.0.1:${await freePort()}`
  const url = `http://${host}`
  const config = join(folder, 'config.yml')
  const storage = { filesystem: { rootdirectory: folder } }
  await writeFile(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage,
      http: { addr: host },
    }),
  )
  const registry = startProcess('docker-registry', ['serve', config])
  await eventually('docker-registry answers', async () => (await fetch(`${url}/v2/`)).ok)

  await pushTags(
    { url },
    'template',
    Array.from({ length: tags }, (_, index) => tagAt(index)),
  )
  const stored = join(folder, 'docker/registry/v2/repositories')
  for (let index = 0; index < repositories; index++) {
    await mkdir(join(stored, repositoryAt(index)), { recursive: true })
    await symlink(join(stored, 'template/_manifests'), join(stored, repositoryAt(index), '_manifests'))
  }
  return {
    host,
    async stop() {
      await registry.stop()
      await removeFolder(folder)
    },
  }
}

export interface CannedLists extends TagLists {
  /** How many requests came in each second so far. */
  requests(): readonly number[]
}

/**
 * Answers with a list made beforehand, so that nearly all of the time is the client's. Lives in a process of its own, and
 * at any address of this machine.
 */
export async function startCannedWith(tags: number): Promise<CannedLists> {
  const port = await freePort()
  const server = startProcess(process.execPath, ['--input-type=module', '--eval', cannedServer(port, tags)])
  await eventually('the canned server answers', async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).ok)
  const requests = () => server.output().trim().split('\n').map(Number)
  return { host: `127.0.0.1:${port}`, requests, stop: server.stop }
}

function cannedServer(port: number, tags: number): string {
  const body = JSON.stringify({ name: 'app', tags: Array.from({ length: tags }, (_, index) => tagAt(index)) })
  return `
    import { createServer } from 'node:http'
    const body = Buffer.from(${JSON.stringify(body)})
    const headers = { 'content-type': 'application/json', 'content-length': body.length, 'docker-content-digest': '${DIGEST}' }
    let requests = 0
    setInterval(() => {
      console.log(requests)
      requests = 0
    }, 1_000)
    createServer((request, response) => {
      requests++
      response.writeHead(200, headers).end(body)
    }).listen(${port})
  `
}
