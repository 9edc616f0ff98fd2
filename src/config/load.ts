import { systemClock } from '../lifecycle/clock.js'
import { checkAccessFiles } from './access-files.js'
import { check } from './check.js'
import type { Configuration } from './configuration.js'
import { readDocument } from './document.js'
import { ConfigError, type Fault } from './errors.js'
import { unfitLogins } from './git-logins.js'
import { type InterpolationOptions, interpolate } from './interpolate.js'
import { readKeyFiles } from './key-files.js'
import { merge } from './merge.js'
import type { MapNode } from './node.js'
import { readProxies } from './proxies.js'
import { checkReferences } from './references.js'
import { resolveFile } from './resolve.js'
import { inOrderOfLength, secretsOfUrls } from './secrets.js'
import { readSources, type Source } from './source.js'
import { warningsOf } from './warnings.js'

export interface LoadOptions extends InterpolationOptions {
  /** Milliseconds since the Unix epoch, to warn of what is over. Default: the system's time. */
  readonly now?: number
}

/**
 * Reads policy files, and of folders every `.yaml` and `.yml` directly in them, as one configuration.
 *
 * Throws `ConfigError` with every fault of every file. Relative paths in a file start at the file's folder; the state is
 * kept in `.tidemark` in the working folder where none says otherwise.
 */
export async function loadConfiguration(paths: readonly string[], options: LoadOptions): Promise<Configuration> {
  const { sources, faults: unreadable } = await readSources(paths)
  const faults = [...unreadable]
  const roots: MapNode[] = []
  for (const source of sources) {
    const document = readDocument(source)
    faults.push(...document.faults)
    if (document.root === undefined) continue
    const filled = await interpolate(document.root, options)
    faults.push(...filled.faults)
    roots.push(filled.root)
  }
  const [first, ...others] = roots
  const refuse = () => new ConfigError(unreadable.length > 0 ? 'UNREADABLE' : 'INVALID', inOrder(faults, sources))
  if (first === undefined) throw refuse()

  const { root, faults: doubled } = merge([first, ...others])
  const checked = check(root)
  const { keys, faults: unusable } = await readKeyFiles(root)
  faults.push(...doubled, ...checked.faults, ...unusable, ...unfitLogins(root), ...(await checkAccessFiles(root)))
  // What a name stands for may be in the file that could not be read.
  if (unreadable.length === 0 && roots.length === sources.length) faults.push(...checkReferences(root))
  const { proxies, complaints } = readProxies(options.env)
  faults.push(...complaints.map((message) => ({ ...root.at, path: '', message })))
  if (faults.length > 0 || checked.file === undefined) throw refuse()

  const resolved = resolveFile(checked.file, root, keys, options.env)
  const secrets = inOrderOfLength([...resolved.secrets, ...secretsOfUrls([proxies.http, proxies.https])])
  return freeze({
    ...resolved,
    proxies,
    secrets,
    warnings: warningsOf(resolved, root, options.now ?? systemClock.now()),
  })
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
