import type { Tag } from '../../image/tag.js'
import type { ListedFacts } from './registry.js'

/** Another API that tells of a list of tags, by one request, whether it is as it was. */
export interface Shortcut {
  /** `text` is what it said last, empty where that is not known. Undefined on any doubt: the list says what there is. */
  ask(text: string): Promise<Said | undefined>
  /** Whether it is to be asked about lists of one page, too. */
  readonly short: boolean
}

export interface Said {
  /** Equal where nothing has changed. Without dots. */
  readonly text: string
  /** Undefined where it said no more than that all is as `text` has it. */
  readonly tags?: ReadonlySet<Tag>
  /** Whether `tags`, or what `text` stands for, are all that there are. */
  readonly complete: boolean
  readonly facts: ReadonlyMap<Tag, ListedFacts>
}
