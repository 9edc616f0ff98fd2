import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { reasonOf } from '../../error.js'
import type { Credential } from './credential.js'
import { entriesOf } from './docker-keys.js'
import { RegistryError } from './errors.js'
import { tryParseJson } from './json.js'
import { tryParseYaml } from './yaml.js'

const MAX_BYTES = 1024 * 1024

/** Docker's `config.json` as docker/cli writes it. Other fields are Docker's own business. */
const ENTRY = z.object({
  auth: z.string().default(''),
  username: z.string().default(''),
  password: z.string().default(''),
  identitytoken: z.string().default(''),
  registrytoken: z.string().default(''),
})
const DOCUMENT = z.object({
  auths: z.record(z.string(), ENTRY).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().default(''),
})
type Entry = z.infer<typeof ENTRY>
type Document = z.infer<typeof DOCUMENT>

/** Pull secrets as the Kubernetes documentation on them has them; their data is base64 of one of the other forms. */
const SECRET = z.object({
  kind: z.literal('Secret'),
  data: z.union([z.object({ '.dockerconfigjson': z.string() }), z.object({ '.dockercfg': z.string() })]),
})
/** The older `.dockercfg`: what `auths` has, alone. */
const LEGACY = z.record(
  z.string(),
  ENTRY.and(z.union([z.object({ auth: z.string() }), z.object({ username: z.string() })])),
)

export interface DockerConfig {
  /**
   * What the file has for a repository. A helper is asked first, as docker/cli does; the credential is for where it has none.
   * Throws `RegistryError` `CREDENTIALS` where the file cannot be read.
   */
  find(registry: string, path: string): Promise<DockerLogin>
}

export interface DockerLogin {
  readonly helper: string | undefined
  readonly credential: Credential | undefined
}

/** Reads the file at an absolute path, and again whenever it has changed: a Docker configuration or a pull secret. */
export function dockerConfig(path: string): DockerConfig {
  let known: { readonly version: string; readonly document: Document } | undefined

  return {
    async find(registry, repositoryPath) {
      const action = `Cannot read credentials of "${registry}" from "${path}"`
      const { mtimeMs, size, ino } = await stat(path).catch((error) => {
        throw new RegistryError('CREDENTIALS', `${action}: ${reasonOf(error)}`, { cause: error })
      })
      const version = `${mtimeMs} ${size} ${ino}`
      if (known?.version !== version) {
        if (size > MAX_BYTES) throw new RegistryError('CREDENTIALS', `${action}: file is larger than 1 MiB`)
        known = { version, document: await readDocument(path, action) }
      }
      return loginIn(known.document, registry, repositoryPath, action)
    },
  }
}

async function readDocument(path: string, action: string): Promise<Document> {
  const bytes = await readFile(path).catch((error) => {
    throw new RegistryError('CREDENTIALS', `${action}: ${reasonOf(error)}`, { cause: error })
  })
  const document = tryParseJson(bytes) ?? SECRET.safeParse(tryParseYaml(bytes)).data
  if (document === undefined)
    throw new RegistryError('CREDENTIALS', `${action}: file is neither JSON nor a pull secret`)
  const checked = DOCUMENT.safeParse(inDockerForm(document))
  if (checked.success) return checked.data
  const [fault] = checked.error.issues
  throw new RegistryError('CREDENTIALS', `${action}: "${fault?.path.join('.')}" is not what Docker writes there`)
}

/** The `config.json` that a document of another form stands for. */
function inDockerForm(json: unknown): unknown {
  const secret = SECRET.safeParse(json).data
  if (secret !== undefined) {
    const [text = ''] = Object.values(secret.data)
    return inDockerForm(tryParseJson(Buffer.from(text, 'base64')))
  }
  return Object.keys(Object(json)).length > 0 && LEGACY.safeParse(json).success ? { auths: json } : json
}

/** A host's own helper counts before the store (docker/cli, cli/config/configfile/file.go). */
function loginIn(document: Document, registry: string, path: string, action: string): DockerLogin {
  const [helper = document.credsStore] = entriesOf(document.credHelpers, registry, '')
  for (const entry of entriesOf(document.auths, registry, path)) {
    const credential = credentialOf(entry, action)
    if (credential !== undefined) return { helper: helper || undefined, credential }
  }
  return { helper: helper || undefined, credential: undefined }
}

/** `auth` counts before user name and password. An entry may be empty: then a helper has what it stands for. */
function credentialOf(entry: Entry, action: string): Credential | undefined {
  const { username, password } = entry.auth === '' ? entry : decoded(entry.auth, action)
  if (entry.registrytoken !== '') return { kind: 'bearer', token: entry.registrytoken }
  if (entry.identitytoken !== '') return { kind: 'identity', token: entry.identitytoken, username, password }
  return username === '' ? undefined : { kind: 'password', username, password }
}

/** Base64 of `user:password`, padded or not. Only a password may have colons, and old files end it with NUL bytes. */
function decoded(auth: string, action: string): { readonly username: string; readonly password: string } {
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 1) throw new RegistryError('CREDENTIALS', `${action}: "auth" is not base64 of user:password`)
  const end = text.indexOf('\0', colon)
  return { username: text.slice(0, colon), password: text.slice(colon + 1, end === -1 ? undefined : end) }
}
