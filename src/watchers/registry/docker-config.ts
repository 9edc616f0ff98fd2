import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { reasonOf } from '../../error.js'
import type { Credential } from './credential.js'
import { RegistryError } from './errors.js'

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

export interface DockerConfig {
  /**
   * The credential for a registry's host as in `Repository`, or undefined where the file has none.
   * Throws `RegistryError` `CREDENTIALS` where the file cannot be read, or leaves the host to a credential helper.
   */
  find(registry: string): Promise<Credential | undefined>
}

/** Reads the file at an absolute path, and again whenever it has changed. */
export function dockerConfig(path: string): DockerConfig {
  let known: { readonly version: string; readonly document: Document } | undefined

  return {
    async find(registry) {
      const action = `Cannot read credentials of "${registry}" from "${path}"`
      const { mtimeMs, size, ino } = await stat(path).catch((error) => {
        throw new RegistryError('CREDENTIALS', `${action}: ${reasonOf(error)}`, { cause: error })
      })
      const version = `${mtimeMs} ${size} ${ino}`
      if (known?.version !== version) {
        if (size > MAX_BYTES) throw new RegistryError('CREDENTIALS', `${action}: file is larger than 1 MiB`)
        known = { version, document: await readDocument(path, action) }
      }
      return credentialIn(known.document, registry, action)
    },
  }
}

/** The parser's own message is left out: it quotes the text that surrounds a fault, which may be a password. */
async function readDocument(path: string, action: string): Promise<Document> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new RegistryError('CREDENTIALS', `${action}: ${reasonOf(error)}`, { cause: error })
  })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new RegistryError('CREDENTIALS', `${action}: file is not valid JSON`)
  }
  const checked = DOCUMENT.safeParse(document)
  if (checked.success) return checked.data
  const [fault] = checked.error.issues
  throw new RegistryError('CREDENTIALS', `${action}: "${fault?.path.join('.')}" is not what Docker writes there`)
}

/** docker/cli asks a host's own helper before the file, and never both; a store only holds what has no entry in the file. */
function credentialIn(document: Document, registry: string, action: string): Credential | undefined {
  const entry = entryOf(document.auths, registry)
  const credential = entry && credentialOf(entry, action)
  const helper = entryOf(document.credHelpers, registry) ?? (credential ? '' : document.credsStore)
  if (helper !== '') {
    throw new RegistryError('CREDENTIALS', `${action}: credential helper "${helper}" is not supported yet`)
  }
  return credential
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

/** The value of the key that names exactly this host: as it is before one with a scheme or the path of an API version. */
function entryOf<Value>(record: Readonly<Record<string, Value>>, registry: string): Value | undefined {
  if (Object.hasOwn(record, registry)) return record[registry]
  return Object.entries(record).find(([key]) => hostOf(key) === registry)?.[1]
}

const HUB_SPELLINGS = new Set(['index.docker.io', 'registry-1.docker.io'])

/** A longer path names a part of a registry, or something else that is kept for one: not the host. */
function hostOf(key: string): string | undefined {
  const host = /^(?:https?:\/\/)?([^/]+)(?:\/|\/v[12]\/?)?$/.exec(key)?.[1]?.toLowerCase()
  return host !== undefined && HUB_SPELLINGS.has(host) ? 'docker.io' : host
}
