/**
 * The values whose keys stand for a repository, the nearest first: by the longest path, then a key that is spelled as the
 * host itself, then one without `*`.
 *
 * A key is a host as docker/cli writes it, perhaps with a scheme or the path of an API version; a part of a registry such as
 * `quay.io/team`, as containers-auth.json(5) has it; or has `*` in labels, as the kubelet takes it from pull secrets. Ports
 * count. Never does a part of a name stand for the whole.
 */
export function entriesOf<Value>(
  record: Readonly<Record<string, Value>>,
  registry: string,
  path: string,
): readonly Value[] {
  const matches: { readonly value: Value; readonly rank: readonly number[] }[] = []
  for (const [key, value] of Object.entries(record)) {
    const { host, namespace } = parseKey(key)
    if (!isHost(host, registry) || !isWithin(path, namespace)) continue
    matches.push({ value, rank: [-namespace.length, host === key ? 0 : 1, host.includes('*') ? 1 : 0] })
  }
  return matches.sort((a, b) => compareRanks(a.rank, b.rank)).map(({ value }) => value)
}

const HUB_SPELLINGS = new Set(['index.docker.io', 'registry-1.docker.io'])

function parseKey(key: string): { readonly host: string; readonly namespace: string } {
  const text = key.replace(/^https?:\/\//i, '')
  const slash = text.indexOf('/')
  const host = (slash === -1 ? text : text.slice(0, slash)).toLowerCase()
  const rest = slash === -1 ? '' : text.slice(slash + 1)
  return {
    host: HUB_SPELLINGS.has(host) ? 'docker.io' : host,
    namespace: /^v[12]\/?$/.test(rest) ? '' : rest.replace(/\/$/, ''),
  }
}

/** Label by label and as many of them, so that `*` stands for no dot, and the port with the last. */
function isHost(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host
  const [name = '', port] = pattern.split(':', 2)
  const [hostName = '', hostPort] = host.split(':', 2)
  const wanted = name.split('.')
  const labels = hostName.split('.')
  return port === hostPort && wanted.length === labels.length && wanted.every((label, at) => isLabel(label, labels[at]))
}

function isLabel(pattern: string, label = ''): boolean {
  const [start = '', ...parts] = pattern.split('*')
  const end = parts.pop()
  if (end === undefined) return pattern === label
  if (!label.startsWith(start) || !label.endsWith(end) || label.length < start.length + end.length) return false
  const middle = label.slice(start.length, label.length - end.length)
  let at = 0
  return parts.every((part) => {
    const found = middle.indexOf(part, at)
    at = found + part.length
    return found !== -1
  })
}

function isWithin(path: string, namespace: string): boolean {
  return namespace === '' || path === namespace || path.startsWith(`${namespace}/`)
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [at, rank] of a.entries()) if (rank !== b[at]) return rank - (b[at] ?? 0)
  return 0
}
