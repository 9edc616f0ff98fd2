import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** One line of a file of known hosts. */
export interface KnownHost {
  readonly line: number
  readonly marker?: 'revoked' | 'cert-authority' | undefined
  /** Comma-separated patterns, or a hashed name. */
  readonly names: string
  /** Such as `ssh-ed25519`. */
  readonly type: string
  readonly key: Buffer
}

export interface KnownHostsFile {
  readonly path: string
  readonly hosts: readonly KnownHost[]
}

/** An entry with the file that it stands in. */
export interface KnownKey extends KnownHost {
  readonly path: string
}

/** Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". Lines that are malformed are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/[ \t]+/)
    const marker = fields[0]?.startsWith('@') ? fields.shift()?.slice(1) : undefined
    const [names = '', type = '', key = ''] = fields
    if (names === '' || names.startsWith('#') || key === '') return []
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return []
    return [{ line: index + 1, marker, names, type, key: Buffer.from(key, 'base64') }]
  })
}

/**
 * The entries about a host. One at another port than 22 stands as `[host]:port`; where it has no such entry, those of the host
 * without a port count, as with OpenSSH. A key that is revoked for the host is so at every port.
 */
export function keysOf(files: readonly KnownHostsFile[], host: string, port: number): readonly KnownKey[] {
  const named = (name: string) =>
    files.flatMap(({ path, hosts }) =>
      hosts.filter(({ names }) => matchesName(names, name)).map((entry) => ({ ...entry, path })),
    )
  if (port === 22) return named(host)
  const exact = named(`[${host}]:${port}`)
  const isExact = exact.some(({ marker }) => marker === undefined)
  return [...exact, ...named(host).filter(({ marker }) => !isExact || marker === 'revoked')]
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

function matchesName(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHash(names, name)
  const patterns = names.toLowerCase().split(',')
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(pattern.slice(1), name))) return false
  return patterns.some((pattern) => matchesGlob(pattern, name))
}

// `|1|salt|HMAC-SHA1 of the name`
function matchesHash(names: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = names.split('|')
  const expected = Buffer.from(hash, 'base64')
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return version === '1' && expected.length === found.length && timingSafeEqual(expected, found)
}

/** `*` and `?`. Goes back to the last star alone, so that no pattern takes long. */
function matchesGlob(pattern: string, text: string): boolean {
  let [p, t, star, resume] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
