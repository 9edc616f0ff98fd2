/** The immutable name of a manifest: `sha256:` and 64 lower-case hexadecimal digits, or `sha512:` and 128. */
export type Digest = string

/** The registered algorithms of the OCI image specification, descriptor.md. */
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text)
}
