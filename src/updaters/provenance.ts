import type { Provenance } from '../image/description.js'
import type { Digest } from '../image/digest.js'
import type { Repository } from '../image/repository.js'
import type { Selection } from '../jobs/payloads.js'
import { choicesOf } from '../jobs/selection.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Change } from './commit-message.js'
import type { UpdateTarget } from './target.js'

/** Asks an image where it comes from. Rejects where it cannot be asked, or with the signal's reason. */
export type AskProvenance = (
  repository: Repository,
  digest: Digest,
  signal: AbortSignal,
) => Promise<Provenance | undefined>

export interface ProvenanceOptions {
  readonly target: UpdateTarget
  readonly ask: AskProvenance
  readonly clock: Clock
}

/** Docker Hub counts each as one pull or two: the first commit of a whole fleet must not use up what nodes need. */
const MOST_IMAGES = 10
const LONGEST_MS = 5_000

/**
 * Where the images come from that changes write, by policy. It is told for the reader of a log and holds up no update: what
 * is not known within five seconds is left out, and all of it where a commit changes more than ten images.
 */
export async function provenanceOf(
  changes: readonly Change[],
  selections: ReadonlyMap<string, Selection>,
  { target, ask, clock }: ProvenanceOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Provenance>> {
  const names = new Set(changes.map(({ policy }) => policy))
  const found = new Map<string, Provenance>()
  if (names.size > MOST_IMAGES) return found

  const late = new AbortController()
  const cancel = clock.after(LONGEST_MS, () => late.abort())
  const within = AbortSignal.any([signal, late.signal])
  const learn = async (name: string) => {
    const policy = target.policies.find((other) => other.name === name)
    const digest = digestWritten(changes, name, selections.get(name))
    if (policy === undefined || digest === undefined) return
    const provenance = await ask(policy.repository, digest, within).catch(() => undefined)
    if (provenance !== undefined) found.set(name, provenance)
  }
  try {
    await Promise.all([...names].map(learn))
  } finally {
    cancel()
  }
  signal.throwIfAborted()
  return found
}

/** Undefined where a policy writes several images: what is told is told of the policy. */
function digestWritten(changes: readonly Change[], name: string, selection: Selection | undefined): Digest | undefined {
  const written = changes.filter(({ policy }) => policy === name).map(({ to }) => to)
  const digests = new Set<Digest>()
  for (const { tag, digest } of selection === undefined ? [] : choicesOf(selection)) {
    if (digest !== undefined && written.some((to) => to === tag || to.endsWith(digest))) digests.add(digest)
  }
  const [only] = digests
  return digests.size === 1 ? only : undefined
}
