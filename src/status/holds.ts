/** Holds that people set while the service runs. They outlast the process, and count at every write from then on. */
export interface Holds {
  list(policy: string): Promise<readonly Hold[]>
  /** Replaces a hold of the same tag. Throws `JobsError` `UNAVAILABLE`. */
  set(policy: string, hold: Hold): Promise<void>
  /** Lifts the hold of a tag, or of every tag where none is given, and what is held because somebody took it back. Resolves to false where nothing was held. */
  release(policy: string, tag: string | undefined): Promise<boolean>
}

/** Of a policy at a time. */
export const MOST_HOLDS = 100

export interface Hold {
  /** Absent: every tag. */
  readonly tag?: string | undefined
  /** One line, for people. */
  readonly reason: string
  readonly at: number
  readonly until?: number | undefined
}
