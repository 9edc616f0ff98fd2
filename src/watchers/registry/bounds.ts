const KIB = 1024
const MIB = 1024 * KIB

/** How much of a registry's time, bytes and pages one call may take. A registry is not trusted to end by itself. */
export interface Bounds {
  /** From having a connection to use until the answer's headers. */
  readonly answerMs: number
  /** From having a connection to use until the answer's last byte. */
  readonly exchangeMs: number
  /** One list with all its pages. */
  readonly listMs: number
  readonly pages: number
  /** Distinct tags of one list. */
  readonly tags: number
  /** One page of tags, inflated. */
  readonly pageBytes: number
  /** The OCI distribution specification asks clients and registries to take manifests of at least 4 MiB. */
  readonly manifestBytes: number
  /** An image configuration: it lists every step of the build. */
  readonly configBytes: number
  /** What a signature signs, or a bundle with its certificate and log entry: a few KiB. */
  readonly signatureBytes: number
  /** A token's answer. */
  readonly tokenBytes: number
}

export const DEFAULT_BOUNDS: Bounds = {
  answerMs: 15_000,
  exchangeMs: 30_000,
  listMs: 300_000,
  pages: 1_000,
  tags: 1_000_000,
  pageBytes: 16 * MIB,
  manifestBytes: 4 * MIB,
  configBytes: 8 * MIB,
  signatureBytes: 128 * KIB,
  tokenBytes: 64 * KIB,
}
