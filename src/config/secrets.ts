import { type Node, type Path, scalarsOf, textAt } from './node.js'

/** The keys whose values are secrets, wherever they stand. */
const SECRET_KEYS = new Set(['password', 'passphrase', 'token', 'readToken', 'adminToken', 'secret', 'redis', 'proxy'])
/** Those of them that are URLs with a password, perhaps. */
const URL_KEYS = new Set(['redis', 'proxy'])

/** True where no message may show a value. What stands directly at `credentials` or `signing` may be meant as a password or key. */
export function isSecret(path: Path): boolean {
  const isBelow = path.some((step) => step === 'credentials' || step === 'signing')
  return isBelow || SECRET_KEYS.has(String(path.at(-1))) || isNotifiedUrl(path)
}

/**
 * Every text that must appear in no log: secrets, what was filled into them, the passwords of URLs both as written and
 * decoded, what a login becomes in an `Authorization`, which servers like to repeat, and private keys. Longest first, so that replacing one leaves no rest of another.
 */
export function secretsOf(root: Node): readonly string[] {
  const secrets = new Set<string>()
  for (const { node, path } of scalarsOf(root)) {
    for (const secret of secretsOfKey(String(node.value))) secrets.add(secret)
    if (isNotifiedUrl(path)) for (const secret of secretsOfHook(String(node.value))) secrets.add(secret)
    if (typeof node.value !== 'string' || !SECRET_KEYS.has(String(path.at(-1)))) continue
    if (URL_KEYS.has(String(path.at(-1)))) {
      for (const secret of secretsOfUrl(node.value)) secrets.add(secret)
    } else {
      for (const secret of [node.value, ...(node.interpolation?.values ?? [])]) secrets.add(secret)
      // A token is the password of the user `git`.
      const username = textAt(root, [...path.slice(0, -1), 'username']) ?? 'git'
      if (path.at(-2) === 'credentials' && path.at(-1) !== 'passphrase') secrets.add(basic(username, node.value))
    }
  }
  secrets.delete('')
  return inOrderOfLength([...secrets])
}

/** Distinct, the longest first, so that replacing one leaves no rest of another. */
export function inOrderOfLength(secrets: readonly string[]): readonly string[] {
  return [...new Set(secrets)].sort((a, b) => b.length - a.length)
}

/** What is secret in URLs that are not of the file. */
export function secretsOfUrls(urls: readonly (string | undefined)[]): readonly string[] {
  return urls.flatMap((url) => (url === undefined ? [] : secretsOfUrl(url)))
}

/** Whoever knows the URL of such a webhook can write what they like where it leads. */
function isNotifiedUrl(path: Path): boolean {
  return path[0] === 'notifications' && path.at(-1) === 'url'
}

/** The URL whole, and what stands behind its host, if that is long enough to be a secret. */
function secretsOfHook(text: string): string[] {
  const { pathname, search } = new URL(text)
  const behind = `${pathname}${search}`
  return behind.length < SHORTEST_SECRET_PATH ? [] : [text, behind]
}

/** `/api/webhook` is none. */
const SHORTEST_SECRET_PATH = 16

/** A private key as text, wherever it stands: whole, and its lines, as a record may have one without the others. */
function secretsOfKey(text: string): string[] {
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text)) return []
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  return [text, text.trim(), ...lines.filter((line) => !line.startsWith('-----') && line.length >= SHORTEST_LINE)]
}

/** Shorter ones are the last of a key, or a header such as a version. */
const SHORTEST_LINE = 24

/** A host that was filled in is no secret. */
function secretsOfUrl(text: string): string[] {
  const { username, password } = new URL(text)
  if (password === '') return []
  return [text, password, decode(password), basic(decode(username), decode(password))]
}

/** RFC 7617. */
function basic(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
