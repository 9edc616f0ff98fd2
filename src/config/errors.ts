import { TidemarkError } from '../error.js'
import type { Position } from './node.js'

/** `UNREADABLE`: a file cannot be read as text, so that what it would say is unknown. `INVALID`: what was read is wrong. */
export type ConfigErrorCode = 'INVALID' | 'UNREADABLE'

/** One thing that is wrong in a policy file. */
export interface Fault extends Position {
  /** Where in the configuration, such as `policies.podinfo.select.semver`. Empty where the fault is of the whole file. */
  readonly path: string
  /** One phrase for a person, without any secret. */
  readonly message: string
}

/** Every fault of every policy file, one per line of the message. */
export class ConfigError extends TidemarkError<ConfigErrorCode> {
  readonly faults: readonly Fault[]
  /** Absolute paths of the files and folders that were read, or looked for. */
  readonly files: readonly string[]

  constructor(code: ConfigErrorCode, faults: readonly Fault[], files: readonly string[] = []) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
    super(code, [`Cannot load the policy file: ${count}`, ...faults.map(formatFault)].join('\n'))
    this.faults = faults
    this.files = files
  }
}

/** `file:line:column: path: message`, which terminals and editors turn into a link. */
export function formatFault(fault: Fault): string {
  const place = `${fault.file}:${fault.line}:${fault.column}`
  return fault.path === '' ? `${place}: ${fault.message}` : `${place}: ${fault.path}: ${fault.message}`
}
