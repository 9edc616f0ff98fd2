import { createPublicKey, type KeyObject } from 'node:crypto'
import { resolve } from 'node:path'
import type { Fault } from './errors.js'
import { entriesAt, folderOf, formatPath, locate, type MapNode, type Path } from './node.js'
import { type ReadText, readTextFile } from './text-file.js'
import { keyPathComplaint } from './texts.js'

/** The public keys of each file that the policies name, as PEM, by its absolute path. */
export type KeyFiles = ReadonlyMap<string, string>

/** Far more than keys need. */
const MAX_FILE_BYTES = 64 * 1024
const MAX_KEYS = 100

/** Reads the public keys by which signatures are verified. Every file must have one at least. */
export async function readKeyFiles(
  root: MapNode,
  readText: ReadText = readTextFile,
): Promise<{ readonly keys: KeyFiles; readonly faults: readonly Fault[] }> {
  const read = new Map<string, Keys>()
  const faults: Fault[] = []
  for (const name of entriesAt(root, ['policies']).keys()) {
    const path: Path = ['policies', name, 'require', 'signature', 'cosign']
    const { node, found } = locate(root, path)
    if (!found || node.kind !== 'scalar' || node.interpolation?.failed) continue
    if (typeof node.value !== 'string' || keyPathComplaint(node.value) !== undefined) continue
    const file = resolve(folderOf(node), node.value)
    const keys = read.get(file) ?? (await readKeys(file, readText))
    read.set(file, keys)
    if ('pem' in keys) continue
    const shown = JSON.stringify(node.interpolation?.written ?? node.value)
    faults.push({
      ...node.at,
      path: formatPath(path),
      message: `cannot read a public key from ${shown}: ${keys.complaint}`,
    })
  }
  return { keys: new Map([...read].flatMap(([file, keys]) => ('pem' in keys ? [[file, keys.pem]] : []))), faults }
}

type Keys = { readonly pem: string } | { readonly complaint: string }

async function readKeys(path: string, readText: ReadText): Promise<Keys> {
  const file = await readText(path, MAX_FILE_BYTES)
  return 'complaint' in file ? file : keysOf(file.text)
}

/** RFC 7468, section 2. What stands around the blocks is explanation. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,60})-----[^-]*-----END \1-----/g

/** Of the texts in PEM, only the public keys: nothing else goes on from here. */
function keysOf(text: string): Keys {
  const blocks = [...text.matchAll(BLOCK)].map(([pem, label = '']) => ({ pem, label }))
  if (blocks.some(({ label }) => label.endsWith('PRIVATE KEY'))) {
    return { complaint: 'it has a private key, which belongs to who signs: expected the public one' }
  }
  const keys = blocks.filter(({ label }) => /^(?:RSA )?PUBLIC KEY$/.test(label)).map(({ pem }) => pem)
  if (keys.length === 0) return { complaint: 'it has no "-----BEGIN PUBLIC KEY-----"' }
  if (keys.length > MAX_KEYS) return { complaint: `it has more than ${MAX_KEYS} keys` }
  const complaint = keys.map(keyComplaint).find((found) => found !== undefined)
  return complaint === undefined ? { pem: `${keys.join('\n')}\n` } : { complaint }
}

const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const LEAST_RSA_BITS = 2_048

/** What cosign signs with, as far as it is safe. */
function keyComplaint(pem: string): string | undefined {
  const key = tryReadKey(pem)
  if (key === undefined) return 'one of its keys is damaged'
  const { asymmetricKeyType: type, asymmetricKeyDetails: { namedCurve = '', modulusLength = 0 } = {} } = key
  if (type === 'ed25519' || CURVES.has(namedCurve) || (type === 'rsa' && modulusLength >= LEAST_RSA_BITS))
    return undefined
  if (type === 'rsa') return `one of its keys is RSA with less than ${LEAST_RSA_BITS} bits`
  return `"${namedCurve || type}" signs no images`
}

function tryReadKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}
