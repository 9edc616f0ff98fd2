import type { Digest } from '../image/digest.js'
import { repositoryKey } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Verdict } from '../policies/policy.js'
import { formatInstant } from '../policies/time-text.js'
import { type JudgedTag, judgedTags } from '../status/judged-tags.js'
import type { JudgedPlace } from '../updaters/judgement.js'
import type { UpdateTarget } from '../updaters/target.js'
import type { WatchedPolicy } from '../watchers/watch.js'
import type { Branches, Failure, Pass } from './pass.js'
import type { PlannedBranch } from './report.js'

/** Everything about one policy, in the shape that programs read. */
export interface Explanation {
  readonly policy: string
  readonly image: string
  readonly selected: Tag | null
  readonly digest?: Digest
  readonly tags: readonly ExplainedTag[]
  readonly places: readonly ExplainedPlace[]
  readonly error?: string
}

export interface ExplainedTag extends Verdict {
  /** Where it was asked for. */
  readonly digest?: Digest
  /** Since when the tag has been known to have the digest, as `2026-11-20T10:00:00Z`, where that is kept. */
  readonly seenSince?: string
  readonly createdAt?: string
}

export interface ExplainedPlace extends Pick<JudgedPlace, 'file' | 'line' | 'current' | 'state' | 'reason'> {
  readonly git: string
  readonly branch: string
  readonly desired: string | null
  /** The YAML path by which the policy goes, where it goes by one. */
  readonly path?: string
  /** When what keeps the tag from being written is over, where that is known. */
  readonly until?: string
}

/** Explains a policy by what a pass has found. */
export async function explanationOf(
  policy: WatchedPolicy,
  pass: Pass,
  branches: Branches<PlannedBranch>,
): Promise<Explanation> {
  const { name, image, repository, targets } = policy
  const key = repositoryKey(repository)
  const selection = await pass.selections.get(name)
  const sightings = await pass.sightings.get(key)
  const failures = [...pass.failures, ...branches.failures]
  const error = failures.find((failure) => concerns(failure, name, targets))?.reason
  const tags = judgedTags(policy.policy, pass.tags.get(key) ?? [], selection, sightings).map(explainedTag)
  const places = branches.done.flatMap(({ target, plan }) =>
    plan.places.filter((place) => place.policy === name).map((place) => explainedPlace(target, place)),
  )
  const selected = tags.find(({ verdict }) => verdict === 'selected')
  return {
    policy: name,
    image,
    selected: selected?.tag ?? null,
    ...(selected?.digest !== undefined && { digest: selected.digest }),
    tags,
    places,
    ...(error !== undefined && { error }),
  }
}

function explainedTag({ seenSince, createdAt, ...tag }: JudgedTag): ExplainedTag {
  return {
    ...tag,
    ...(seenSince !== undefined && { seenSince: formatInstant(seenSince) }),
    ...(createdAt !== undefined && { createdAt: formatInstant(createdAt) }),
  }
}

function concerns(failure: Failure, policy: string, targets: readonly { readonly git: string }[]): boolean {
  return failure.policy === policy || targets.some(({ git }) => git === failure.git)
}

function explainedPlace({ git, branch }: UpdateTarget, place: JudgedPlace): ExplainedPlace {
  const { file, line, path, current, desired = null, state, reason, until } = place
  const passes = until === undefined ? {} : { until: formatInstant(until) }
  const by = path === undefined ? {} : { path }
  return { git, branch, file, line, ...by, current, desired, state, reason, ...passes }
}
