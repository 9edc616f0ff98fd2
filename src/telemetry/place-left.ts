/** A place that does not have the selected tag. */
export interface PlaceLeft {
  readonly policy: string
  readonly file: string
  readonly line: number
  readonly current: string
  readonly desired?: string | undefined
  /** One word. */
  readonly obstacle: string
  /** The same for a person. */
  readonly reason: string
}
