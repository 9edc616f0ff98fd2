import type { Fault } from './errors.js'
import { tryParseHost } from './host.js'
import { suggestion } from './nearest.js'
import { entriesAt, formatPath, locate, type MapNode, type Path, type Position, type ScalarNode } from './node.js'

/** What only the whole configuration shows: names that nothing bears, and things that bear two names. */
export function checkReferences(root: MapNode, known: Known = EVERYTHING): readonly Fault[] {
  const faults: Fault[] = [
    ...(known.git ? unknownGit(root) : []),
    ...unknownGitOfPolicies(root),
    ...unknownGitOfWebhooks(root),
    ...unknownGitOfNotifications(root),
    ...sameNotifications(root),
    ...unfitPredecessors(root, known),
    ...circles(root),
    ...sameHosts(root),
  ]
  if (!root.entries.has('policies') && !root.entries.has('policiesFrom')) {
    faults.push({ ...root.at, path: 'policies', message: 'missing, expected a map of policies' })
  }
  return faults
}

/** Whether all of a section is known: what it lacks is a fault then. */
export interface Known {
  readonly git: boolean
  readonly policies: boolean
}

const EVERYTHING: Known = { git: true, policies: true }

function* unknownGit(root: MapNode): Generator<Fault> {
  const known = entriesAt(root, ['git'])
  for (const policy of entriesAt(root, ['policies']).keys()) {
    for (const index of itemsAt(root, ['policies', policy, 'write'])) {
      const name = nameAt(root, ['policies', policy, 'write', index, 'git'])
      if (name !== undefined && !known.has(name.text)) yield faultOf(name, unknown('git', name, known.keys()))
    }
  }
}

function* unknownGitOfWebhooks(root: MapNode): Generator<Fault> {
  const known = entriesAt(root, ['git'])
  for (const webhook of entriesAt(root, ['webhooks']).keys()) {
    const name = nameAt(root, ['webhooks', webhook, 'git'])
    if (name !== undefined && name.text !== '' && !known.has(name.text)) {
      yield faultOf(name, unknown('git', name, known.keys()))
    }
  }
}

function* unknownGitOfPolicies(root: MapNode): Generator<Fault> {
  const known = entriesAt(root, ['git'])
  for (const index of itemsAt(root, ['policiesFrom'])) {
    const name = nameAt(root, ['policiesFrom', index, 'git'])
    if (name !== undefined && !known.has(name.text)) yield faultOf(name, unknown('git', name, known.keys()))
  }
}

function* unknownGitOfNotifications(root: MapNode): Generator<Fault> {
  const known = entriesAt(root, ['git'])
  for (const index of itemsAt(root, ['notifications'])) {
    for (const at of itemsAt(root, ['notifications', index, 'git'])) {
      const name = nameAt(root, ['notifications', index, 'git', at])
      if (name !== undefined && !known.has(name.text)) yield faultOf(name, unknown('git', name, known.keys()))
    }
  }
}

/** Logs and metrics could not tell them apart. */
function* sameNotifications(root: MapNode): Generator<Fault> {
  const seen = new Set<string>()
  for (const index of itemsAt(root, ['notifications'])) {
    const name = nameAt(root, ['notifications', index, 'name'])
    if (name === undefined) continue
    if (seen.has(name.text)) yield faultOf(name, `another entry of "notifications" has the name ${shown(name)}`)
    seen.add(name.text)
  }
}

function itemsAt(root: MapNode, path: Path): readonly number[] {
  const { node, found } = locate(root, path)
  return found && node.kind === 'list' ? [...node.items.keys()] : []
}

/** A policy that goes first must be there, and write. */
function* unfitPredecessors(root: MapNode, known: Known): Generator<Fault> {
  const policies = entriesAt(root, ['policies'])
  for (const policy of policies.keys()) {
    const first = predecessorOf(root, policy)
    if (first === undefined) continue
    if (!policies.has(first.text)) {
      if (!known.policies) continue
      yield faultOf(first, unknown('policies', first, policies.keys()))
    } else if (!isWriting(root, first.text)) {
      yield faultOf(first, `the policy ${shown(first)} has no "write", so it never has a tag in Git`)
    }
  }
}

/** Policies that wait for each other. */
function* circles(root: MapNode): Generator<Fault> {
  const settled = new Set<string>()
  for (const start of entriesAt(root, ['policies']).keys()) {
    const chain: string[] = []
    let policy: string | undefined = start
    while (policy !== undefined && !settled.has(policy)) {
      settled.add(policy)
      chain.push(policy)
      policy = predecessorOf(root, policy)?.text
    }
    if (policy === undefined || !chain.includes(policy)) continue
    const first = predecessorOf(root, policy)
    if (first === undefined) continue
    const circle = chain.slice(chain.indexOf(policy))
    const names = [...circle, policy].map((name) => JSON.stringify(name)).join(' after ')
    yield faultOf(first, circle.length === 1 ? 'a policy cannot go after itself' : `goes round in a circle: ${names}`)
  }
}

function predecessorOf(root: MapNode, policy: string): Name | undefined {
  return nameAt(root, ['policies', policy, 'after', 'policy'])
}

function isWriting(root: MapNode, policy: string): boolean {
  const { node, found } = locate(root, ['policies', policy, 'write'])
  // What is no list is told already.
  return found && (node.kind !== 'list' || node.items.length > 0)
}

interface Name {
  readonly text: string
  readonly node: ScalarNode
  readonly path: Path
}

/** A name that stands at a path; undefined where there is none, which is told already. */
function nameAt(root: MapNode, path: Path): Name | undefined {
  const { node, found } = locate(root, path)
  if (!found || node.kind !== 'scalar' || typeof node.value !== 'string' || node.interpolation?.failed) return undefined
  return { text: node.value, node, path }
}

function shown({ text, node }: Name): string {
  return JSON.stringify(node.interpolation?.written ?? text)
}

function unknown(section: string, name: Name, known: Iterable<string>): string {
  const hint = name.node.interpolation === undefined ? suggestion(name.text, known) : ''
  return `no entry of "${section}" has the name ${shown(name)}${hint}`
}

function faultOf({ node, path }: Name, message: string): Fault {
  return { ...node.at, path: formatPath(path), message }
}

function* sameHosts(root: MapNode): Generator<Fault> {
  const seen = new Map<string, { readonly spelling: string; readonly key: Position }>()
  for (const [spelling, { key }] of entriesAt(root, ['registries'])) {
    const host = tryParseHost(spelling)
    if (host === undefined) continue
    const first = seen.get(host)
    if (first === undefined) seen.set(host, { spelling, key })
    else {
      const place = `${first.key.file}:${first.key.line}:${first.key.column}`
      const message = `the same registry as ${JSON.stringify(first.spelling)} at ${place}`
      yield { ...key, path: formatPath(['registries', spelling]), message }
    }
  }
}
