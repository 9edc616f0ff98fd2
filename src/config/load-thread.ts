import { parentPort, workerData } from 'node:worker_threads'
import { ConfigError, type ConfigErrorCode, type Fault } from './errors.js'
import { loadConfiguration } from './load.js'

/** What the thread answers: the configuration as JSON, for it is plain data, or what is wrong with it. */
export type Loaded =
  | { readonly configuration: string }
  | { readonly code: ConfigErrorCode; readonly faults: readonly Fault[]; readonly files: readonly string[] }

const { paths, options } = workerData
parentPort?.postMessage(await loaded())

async function loaded(): Promise<Loaded> {
  try {
    return { configuration: JSON.stringify(await loadConfiguration(paths, options)) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { code: error.code, faults: error.faults, files: error.files }
  }
}
