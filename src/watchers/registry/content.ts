import { hash } from 'node:crypto'
import type { Digest } from '../../image/digest.js'
import type { Tag } from '../../image/tag.js'
import { RegistryError } from './errors.js'
import { answerError } from './failure.js'
import type { Answer } from './http.js'

/** How what a repository holds is asked for. */
export interface Reading {
  readonly read: (kind: 'manifests' | 'blobs', reference: Digest | Tag) => Promise<Answer>
  /** Start of every error's message. */
  readonly action: string
  readonly now: () => number
}

/** The answer whose body has the digest, or undefined where there is none. */
export async function readContent(
  kind: 'manifests' | 'blobs',
  digest: Digest,
  { read, action, now }: Reading,
): Promise<Answer | undefined> {
  const answer = await read(kind, digest)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw answerError(action, 'registry', answer, now())
  const [algorithm = ''] = digest.split(':', 1)
  if (`${algorithm}:${hash(algorithm, answer.body)}` === digest) return answer
  throw new RegistryError('INVALID_ANSWER', `${action}: registry answered another content than "${digest}"`)
}
