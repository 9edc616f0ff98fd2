import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from './eventually.js'
import { removeFolder, temporaryFolder } from './folder.js'
import { freePort, startProcess } from './process.js'

/** A registry of one's own on 127.0.0.1, empty at first and gone afterwards. */
export interface RegistryPart {
  /** As it stands in references, such as `127.0.0.1:5000`. */
  readonly host: string
  readonly url: string
  readonly kind: string
  stop(): Promise<void>
}

export type RegistryAuth =
  | { readonly type: 'htpasswd'; readonly username: string; readonly password: string }
  | {
      readonly type: 'token'
      readonly realm: string
      readonly service: string
      readonly issuer: string
      /** The path of the PEM certificate that signs tokens. */
      readonly rootCertificate: string
    }

export interface RegistryPartOptions {
  readonly port?: number
  readonly auth?: RegistryAuth
  /** Where to tell of pushes, with the `Authorization` to send. */
  readonly notifications?: { readonly url: string; readonly authorization: string }
}

/** Debian's `docker-registry`, which is the distribution project's registry, 2.8. */
export async function startDockerRegistry(options: RegistryPartOptions = {}): Promise<RegistryPart> {
  const folder = await temporaryFolder('registry')
  const host = `127.0.0.1:${options.port ?? (await freePort())}`
  const url = `http://${host}`
  const file = join(folder, 'config.yml')
  await writeFile(file, JSON.stringify(await configuration(host, folder, options))) // JSON is YAML

  const running = startProcess('docker-registry', ['serve', file])
  let exited: number | null | undefined
  running.ended.then((code) => {
    exited = code
  })
  await eventually('docker-registry answers', async () => {
    if (exited !== undefined) return true
    return (await fetch(`${url}/v2/`)).status < 500
  })
  if (exited !== undefined) throw new Error(`Cannot start docker-registry: it ended\n${running.output()}`)

  return {
    host,
    url,
    kind: 'docker-registry',
    async stop() {
      await running.stop()
      await removeFolder(folder)
    },
  }
}

/** Fields as in the distribution project's docs/content/about/configuration.md. */
async function configuration(host: string, folder: string, { auth, notifications }: RegistryPartOptions) {
  return {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: host },
    ...(auth && { auth: await authentication(auth, folder) }),
    ...(notifications && {
      notifications: {
        endpoints: [
          {
            name: 'part',
            url: notifications.url,
            headers: { Authorization: [notifications.authorization] },
            timeout: '2s',
            threshold: 3,
            backoff: '1s',
          },
        ],
      },
    }),
  }
}

async function authentication(auth: RegistryAuth, folder: string) {
  if (auth.type === 'token') {
    const { realm, service, issuer, rootCertificate } = auth
    return { token: { realm, service, issuer, rootcertbundle: rootCertificate } }
  }
  const path = join(folder, 'htpasswd')
  await writeFile(path, `${auth.username}:${await bcrypt(auth.password)}\n`)
  return { htpasswd: { realm: 'basic-realm', path } }
}

/** The registry takes no other hash, and Node has none of this kind: libcrypt does, and Perl comes with Git. */
async function bcrypt(password: string): Promise<string> {
  const env = { ...process.env, PASSWORD: password, SALT: '$2b$04$tidemarktidemarktidemO' }
  const { stdout } = await promisify(execFile)('perl', ['-e', 'print crypt($ENV{PASSWORD}, $ENV{SALT})'], { env })
  if (!stdout.startsWith('$2b$')) throw new Error('Cannot hash a password: this libcrypt knows no bcrypt')
  return stdout
}
