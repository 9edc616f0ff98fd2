import { TidemarkError } from '../error.js'

/** A command line that cannot be followed. Exit code 2. */
export class UsageError extends TidemarkError<'USAGE'> {
  constructor(message: string) {
    super('USAGE', message)
  }
}

/** A running service that cannot be reached, or that refuses an order. Exit code 1. */
export class ServiceError extends TidemarkError<'NO_SERVICE' | 'REFUSED'> {}
