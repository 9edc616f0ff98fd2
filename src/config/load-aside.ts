import { Worker } from 'node:worker_threads'
import type { Configuration } from './configuration.js'
import { ConfigError } from './errors.js'
import type { LoadOptions } from './load.js'
import type { Loaded } from './load-thread.js'

/**
 * Loads like `loadConfiguration`, in a thread that ends with it: ten thousand policies take seconds to read and check, which
 * the event loop is spared, and 80 MiB, which a heap keeps once it has grown. Throws the same `ConfigError`.
 */
export async function loadAside(paths: readonly string[], { env, ...options }: LoadOptions): Promise<Configuration> {
  const thread = new Worker(new URL('./load-thread.js', import.meta.url), {
    workerData: { paths, options: { ...options, env: { ...env } } },
  })
  const loaded = await new Promise<Loaded>((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
  })
  if ('faults' in loaded) throw new ConfigError(loaded.code, loaded.faults, loaded.files)
  return JSON.parse(loaded.configuration, frozen)
}

/** What is looked up by names from the file, of which none may find what a prototype has. */
const BY_NAME: ReadonlySet<string> = new Set(['registries', 'git', 'webhooks'] satisfies (keyof Configuration)[])

/** As it was before it was written down. The others keep their prototype, without which each takes four times the memory. */
function frozen(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.freeze(BY_NAME.has(key) ? Object.assign(Object.create(null), value) : value)
}
