import { TidemarkError } from '../error.js'

/** A command line that cannot be followed. Exit code 2. */
export class UsageError extends TidemarkError<'USAGE'> {
  constructor(message: string) {
    super('USAGE', message)
  }
}
