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
/** Of lists, and of the tags in all of them. */
const MOST_KEPT = 20
const MOST_TAGS_KEPT = 20_000

interface Question {
  readonly at: number
  readonly answer: Promise<AskedTags>
  /** How many were answered. */
  tags: number
}

/**
 * Asks registries for lists of tags on behalf of people who look. A question is shared by all who ask the same, so
 * that it goes on when one of them leaves. What was asked before `changedAt`, when a look found another list, is asked
 * anew. Rejects with the signal's reason when it aborts.
 */
export function askTags({ registry, clock, clean }: AskTagsOptions) {
  const asked = new Map<string, Question>()

  return async (
    { key, repository }: Watch,
    signal: AbortSignal,
    changedAt = Number.NEGATIVE_INFINITY,
  ): Promise<AskedTags> => {
    signal.throwIfAborted()
    const now = clock.now()
    for (const [name, { at }] of asked) if (now - at >= ASK_EVERY_MS || now < at) asked.delete(name)
    if ((asked.get(key)?.at ?? now) < changedAt) asked.delete(key)
    return untilAborted(signal, asked.get(key)?.answer ?? keep(key, now, ask(repository)))
  }

  function keep(key: string, at: number, answer: Promise<AskedTags>): Promise<AskedTags> {
    const question: Question = { at, answer, tags: 0 }
    asked.set(key, question)
    forgetOldest()
    answer.then((found) => {
      question.tags = 'tags' in found ? found.tags.length : 0
      forgetOldest()
    })
    return answer
  }

  /** All but the newest, as long as they are too many. */
  function forgetOldest(): void {
    let tags = 0
    let questions = 0
    for (const [key, question] of [...asked].reverse()) {
      tags += question.tags
      if (questions++ > 0 && (questions > MOST_KEPT || tags > MOST_TAGS_KEPT)) asked.delete(key)
    }
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
