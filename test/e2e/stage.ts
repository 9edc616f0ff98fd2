import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type RegistryPart, startDockerRegistry } from '../parts/docker-registry.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { type Files, type GitServer, startGitServer } from '../parts/git-server.js'
import { freePort } from '../parts/process.js'
import { type RunningTidemark, startTidemark, writePolicyFile } from '../parts/tidemark.js'

/** A registry, a Git server and a folder to run in, all real. The registry tells its pushes to a Tidemark on `port`. */
export interface Stage {
  readonly registry: RegistryPart
  readonly git: GitServer
  readonly folder: string
  /** Where a Tidemark of this stage serves HTTP. */
  readonly port: number
  /** An image of the registry, `127.0.0.1:…/team/app`. */
  image(repository: string): string
  /** Creates a Git repository and writes a policy file for it. */
  fleet(name: string, files: Files, policies: Readonly<Record<string, unknown>>, more?: object): Promise<Fleet>
  /** Runs the service, until `endServices` where a test does not end it itself. */
  start(...args: readonly string[]): Promise<RunningTidemark>
  endServices(): Promise<void>
  stop(): Promise<void>
}

export interface Fleet {
  readonly url: string
  readonly path: string
  readonly config: string
}

const SECRET = 'a-made-up-secret'

export async function setStage(): Promise<Stage> {
  const folder = await temporaryFolder('stage')
  const port = await freePort()
  const notifications = { url: `http://127.0.0.1:${port}/webhooks/registry`, authorization: `Bearer ${SECRET}` }
  const registry = await startDockerRegistry({ notifications })
  const git = await startGitServer()
  const services: RunningTidemark[] = []
  const endServices = async () => {
    for (const service of services.splice(0)) await service.stop()
  }
  return {
    registry,
    git,
    folder,
    port,
    image: (repository) => `${registry.host}/${repository}`,
    async fleet(name, files, policies, more = {}) {
      const { url, path } = await git.create(name, files)
      const home = join(folder, name)
      await mkdir(home, { recursive: true })
      const config = await writePolicyFile(home, {
        git: { fleet: { url } },
        policies,
        webhooks: { registry: { sender: 'distribution', registry: registry.host, secret: SECRET } },
        server: { port },
        state: join(home, 'state'),
        ...more,
      })
      return { url, path, config }
    },
    async start(...args) {
      const service = await startTidemark(args)
      services.push(service)
      return service
    },
    endServices,
    async stop() {
      await endServices()
      await git.stop()
      await registry.stop()
      await removeFolder(folder)
    },
  }
}

/** A policy that writes to the stage's repository. The interval is long, so that only push events explain what is quick. */
export function policy(image: string, semver: string, more: object = {}): object {
  return { image, interval: '1h', select: { semver }, write: [{ git: 'fleet' }], ...more }
}

/** A Kubernetes manifest with everything that re-printing would change. */
export function deployment(reference: string): string {
  return `# A comment, and a blank line below\r
\r
apiVersion: apps/v1
kind:   Deployment
metadata: { name: app , labels: {a: "b"} }
spec:
    template:
      spec:
        containers:
        - name: 'app'
          image: "${reference}"   # trailing\t
          args: [ "--image", ${reference} ]
---
{{ not: yaml`
}
