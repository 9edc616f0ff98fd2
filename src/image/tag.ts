/** The mutable name of an image in its repository, such as `1.4.2`. */
export type Tag = string

/** Grammar of the OCI distribution specification, section "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/**
 * Tags under which cosign keeps signatures and attestations (`sha256-….sig`), and registries without a referrers API what
 * refers to an image (OCI distribution specification, "Referrers Tag Schema"). They name no image to run.
 */
const REFERRER_TAG = /^sha(?:256|512)-[0-9a-f]{64}(?:\..+)?$/

export function isTag(text: string): text is Tag {
  return TAG.test(text)
}

export function isReferrerTag(tag: Tag): boolean {
  return REFERRER_TAG.test(tag)
}
