import type { Clock } from '../../lifecycle/clock.js'
import type { Status } from '../../status/status.js'
import type { Access } from '../access.js'
import type { Operations } from '../operations.js'

export interface PageOptions {
  readonly status: Status
  readonly access: Access
  readonly operations: Operations
  readonly clock: Clock
  /** A page that failed by a defect. */
  readonly onFailure?: ((event: { readonly path: string; readonly reason: string }) => void) | undefined
}
