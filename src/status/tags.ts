import { reasonOf } from '../error.js'
import type { Tag } from '../image/tag.js'
import type { Clock } from '../lifecycle/clock.js'
import { untilAborted } from '../lifecycle/until-aborted.js'
import { oneLine } from '../telemetry/one-line.js'
import type { Registry } from '../watchers/registry/registry.js'
import type { Watch } from '../watchers/watch.js'

export interface AskTagsOptions {
  readonly registry: Pick<Registry, 'listTags'>
  readonly clock: Clock
  readonly clean: (text: string) => string
}

export type AskedTags = { readonly tags: readonly Tag[] } | { readonly error: string }

/** However many people look at a repository, its registry is asked that seldom. */
const ASK_EVERY_MS = 30_000
/** A registry that takes longer is slow, and people do not wait. */
const ANSWER_WITHIN_MS = 15_000
/** Lists may be long: not more of them are kept. */
const MOST_KEPT = 20

/**
 * Asks registries for lists of tags on behalf of people who look. A question is shared by all who ask the same, so that it goes on when one of
 * them leaves. Rejects with the signal's reason when it aborts.
 */
export function askTags({ registry, clock, clean }: AskTagsOptions) {
  const asked = new Map<string, { readonly at: number; readonly answer: Promise<AskedTags> }>()

  return async ({ key, repository }: Watch, signal: AbortSignal): Promise<AskedTags> => {
    signal.throwIfAborted()
    const now = clock.now()
    for (const [name, { at }] of asked) if (now - at >= ASK_EVERY_MS || now < at) asked.delete(name)
    const known = asked.get(key)
    const answer = known?.answer ?? ask(repository)
    if (known === undefined) asked.set(key, { at: now, answer })
    const [oldest] = asked.keys()
    if (asked.size > MOST_KEPT && oldest !== undefined) asked.delete(oldest)
    return untilAborted(signal, answer)
  }

  async function ask(repository: Watch['repository']): Promise<AskedTags> {
    const over = new AbortController()
    const cancel = clock.after(ANSWER_WITHIN_MS, () => over.abort(new Error('the registry takes too long')))
    try {
      const listing = await registry.listTags(repository, { signal: over.signal })
      return { tags: listing.changed ? listing.tags : [] }
    } catch (error) {
      return { error: oneLine(clean(reasonOf(over.signal.aborted ? over.signal.reason : error))) }
    } finally {
      cancel()
    }
  }
}
