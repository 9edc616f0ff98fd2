import { resolve } from 'node:path'
import { systemClock } from '../lifecycle/clock.js'
import { checkAccessFiles } from './access-files.js'
import { check } from './check.js'
import type { Configuration, PolicyConfig } from './configuration.js'
import { readDocument } from './document.js'
import { ConfigError, type Fault } from './errors.js'
import { unfitLogins } from './git-logins.js'
import { type InterpolationOptions, interpolate } from './interpolate.js'
import { readKeyFiles } from './key-files.js'
import { merge } from './merge.js'
import type { MapNode } from './node.js'
import {
  type PolicySource,
  readingSources,
  rootName,
  sourcesIn,
  sourcesNamed,
  strayIn,
  withList,
} from './policy-source.js'
import { readProxies } from './proxies.js'
import { checkReferences } from './references.js'
import { resolveFile } from './resolve.js'
import { inOrderOfLength, secretsOfUrls } from './secrets.js'
import { readSources, type Source } from './source.js'
import { type ReadText, readTextFile } from './text-file.js'
import { warningsOf } from './warnings.js'

export interface LoadOptions extends InterpolationOptions {
  /** Milliseconds since the Unix epoch, to warn of what is over. Default: the system's time. */
  readonly now?: number
  /** What is known of the policies in Git. Those that `policiesFrom` names are taken. Default: nothing. */
  readonly sources?: readonly PolicySource[]
  /** Whether the files are those that a `policiesFrom` elsewhere names. They have policies only, and nothing is filled in. */
  readonly onlyPolicies?: boolean
}

/**
 * Reads policy files, and of folders every `.yaml` and `.yml` directly in them, as one configuration.
 *
 * Throws `ConfigError` with every fault of every file. Relative paths in a file start at the file's folder; the state is
 * kept in `.tidemark` in the working folder where none says otherwise.
 */
export async function loadConfiguration(paths: readonly string[], options: LoadOptions): Promise<Configuration> {
  const { sources: inGit = [], onlyPolicies = false } = options
  const files = new Set(paths.map((path) => resolve(path)))
  const readText = readingSources(inGit, noting(files))
  const { sources, faults: unreadable } = await readSources(paths, readText)
  const faults = [...unreadable]
  const roots: MapNode[] = []
  for (const source of sources) {
    const document = readDocument(source)
    faults.push(...document.faults)
    if (document.root === undefined) continue
    if (onlyPolicies) faults.push(...strayIn(document.root, '/'))
    const filled = onlyPolicies
      ? { root: document.root, faults: [] }
      : await interpolate(document.root, options, readText)
    faults.push(...filled.faults)
    roots.push(filled.root)
  }
  const [first, ...others] = roots
  const refuse = () =>
    new ConfigError(unreadable.length > 0 ? 'UNREADABLE' : 'INVALID', inOrder(faults, sources), [...files])
  if (first === undefined) throw refuse()

  const local = merge([first, ...others])
  const named = sourcesNamed(local.root, inGit)
  const documents = named.sources.map(readPolicies)
  const { root: merged, faults: doubled } = merge([local.root, ...documents.flatMap(({ roots }) => roots)])
  const root = withList(merged, 'policiesFrom')
  const checked = check(root)
  // What came from Git may name files of this machine, of which not even may be told whether they are there.
  const trusted = documents.some((document) => document.faults.length > 0) ? local.root : root
  const { keys, faults: unusable } = await readKeyFiles(trusted, readText)
  faults.push(
    ...local.faults,
    ...documents.flatMap((document) => document.faults),
    ...doubled,
    ...checked.faults,
    ...unusable,
    ...unfitLogins(root),
    ...(await checkAccessFiles(trusted, readText)),
  )
  // What a name stands for may be in the file that could not be read.
  if (unreadable.length === 0 && roots.length === sources.length) {
    faults.push(...checkReferences(root, { git: !onlyPolicies, policies: !onlyPolicies && named.areAll }))
  }
  const { proxies, complaints } = readProxies(options.env)
  faults.push(...complaints.map((message) => ({ ...root.at, path: '', message })))
  if (faults.length > 0 || checked.file === undefined) throw refuse()

  const resolved = resolveFile(checked.file, root, keys, options.env)
  const secrets = inOrderOfLength([...resolved.secrets, ...secretsOfUrls([proxies.http, proxies.https])])
  const isPartial = onlyPolicies || !named.areAll
  return freeze({
    ...resolved,
    proxies,
    secrets,
    warnings: warningsOf(resolved, root, { now: options.now ?? systemClock.now(), isPartial }),
    files: [...files, ...trustedRootsOf(resolved.policies)],
  })
}

/** The policy files of a commit. */
function readPolicies(source: PolicySource): { readonly roots: readonly MapNode[]; readonly faults: readonly Fault[] } {
  const roots: MapNode[] = []
  const faults: Fault[] = []
  for (const text of sourcesIn(source)) {
    const document = readDocument(text)
    faults.push(...document.faults)
    if (document.root === undefined) continue
    faults.push(...strayIn(document.root, rootName(source)))
    roots.push(document.root)
  }
  return { roots, faults }
}

function noting(files: Set<string>): ReadText {
  return (path, maxBytes) => {
    files.add(resolve(path))
    return readTextFile(path, maxBytes)
  }
}

/** They are read when the policies are applied. */
function trustedRootsOf(policies: readonly PolicyConfig[]): readonly string[] {
  const roots = policies.flatMap(({ signature }) =>
    signature !== undefined && 'keyless' in signature ? (signature.keyless.trustedRoot ?? []) : [],
  )
  return [...new Set(roots)]
}

/** By file as they were given, then by line and column. */
function inOrder(faults: readonly Fault[], sources: readonly Source[]): readonly Fault[] {
  const order = new Map(sources.map(({ file }, index) => [file, index]))
  const rank = ({ file }: Fault) => order.get(file) ?? -1
  return [...faults].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column)
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}
