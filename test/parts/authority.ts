import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { removeFolder, temporaryFolder } from './folder.js'

/** Paths of a certificate and its private key, both PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A certificate authority that nobody trusts until told. */
export interface Authority {
  /** The path of its own certificate. */
  readonly ca: string
  /** A certificate for names such as `IP:127.0.0.1` or `DNS:localhost`. An expired one was valid for a day, a month ago. */
  issue(subject: string, options?: { readonly expired?: boolean }): Promise<Certificate>
  stop(): Promise<void>
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export async function startAuthority(): Promise<Authority> {
  const folder = await temporaryFolder('authority')
  const path = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder })
  let issued = 0
  await openssl('req', '-x509', ...KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA')
  await writeFile(path('index.txt'), '')
  await writeFile(path('ca.conf'), CA_CONFIGURATION)

  return {
    ca: path('ca.pem'),
    async issue(subject, { expired = false } = {}) {
      const name = `${++issued}`
      const [key, request, cert] = [`${name}.key`, `${name}.csr`, `${name}.pem`]
      await openssl('req', ...KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`)
      await writeFile(path(`${name}.ext`), `subjectAltName = ${subject}\n`)
      const from = Date.now() - (expired ? 30 : 1) * DAY_MS
      const days = ['-startdate', timeOf(from), '-enddate', timeOf(from + (expired ? 1 : 3) * DAY_MS)]
      const files = ['-in', request, '-out', cert, '-extfile', `${name}.ext`]
      await openssl('ca', '-batch', '-notext', '-config', 'ca.conf', ...days, ...files)
      return { cert: path(cert), key: path(key) }
    },
    stop: () => removeFolder(folder),
  }
}

const DAY_MS = 86_400_000

/** What `openssl ca` wants to know; relative paths start where it runs. */
const CA_CONFIGURATION = `[ca]
default_ca = it
[it]
certificate = ca.pem
private_key = ca.key
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
`

/** Such as `20260102030405Z`. */
function timeOf(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
}
