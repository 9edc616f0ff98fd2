import { oneLine } from '../telemetry/one-line.js'
import type { Invocation } from './command.js'

/** What a person should know although nothing failed: it is on standard error, whatever the output is. */
export function tellWarnings(warnings: readonly string[], { tell, verbosity }: Invocation): void {
  if (verbosity === 'quiet') return
  for (const warning of warnings) tell(`${oneLine(`warning: ${warning}`)}\n`)
}
