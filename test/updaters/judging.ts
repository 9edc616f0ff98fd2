import { parseRepository, repositoryKey } from '../../src/image/repository.js'
import type { PolicyHolds } from '../../src/jobs/holds.js'
import type { Selection } from '../../src/jobs/payloads.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { fileMatcher } from '../../src/updaters/files.js'
import { judge } from '../../src/updaters/judge.js'
import { scanManifest } from '../../src/updaters/manifests/scan.js'
import type { CompareTags } from '../../src/updaters/standing.js'
import type { UpdateTarget, WritingPolicy } from '../../src/updaters/target.js'

export const OLD = `sha256:${'a'.repeat(64)}`
export const NEW = `sha256:${'b'.repeat(64)}`
export const NOON = Date.parse('2026-11-20T12:00:00Z')

export function policy(name: string, image: string, more: Partial<WritingPolicy> = {}): WritingPolicy {
  return {
    name,
    image,
    repository: parseRepository(image),
    rule: 'rule',
    writesTo: fileMatcher(),
    downgrade: 'never',
    policy: semverPolicy('*'),
    digest: 'none',
    tellsStanding: false,
    ...more,
  }
}

export function selects(image: string, more: Partial<Selection> = {}): Selection {
  const repository = repositoryKey(parseRepository(image))
  return { version: 1, repository, rule: 'rule', tag: '1.1.0', digest: NEW, firstSeenAt: 0, ...more }
}

export interface Case {
  /** How each policy ranks tags, where it is not by the policy itself. */
  readonly compare?: CompareTags
  readonly now?: number
  readonly file?: string
  readonly policies?: readonly WritingPolicy[]
  readonly selection?: Selection | undefined
  readonly others?: readonly string[]
  /** What people said of the policy `app`. */
  readonly held?: PolicyHolds
}

export const IMAGE = 'ghcr.io/org/app'

/** Judges one file, with one policy `app` that selects 1.1.0 unless the case says otherwise. */
export function judged(
  text: string,
  { file = 'apps/app.yaml', policies, selection = selects(IMAGE), others = [], compare, now = NOON, held }: Case = {},
) {
  const target: UpdateTarget = {
    git: 'fleet',
    branch: 'main',
    author: { name: 'Tidemark', email: 'tidemark@localhost' },
    policies: policies ?? [policy('app', IMAGE)],
    otherPolicies: new Set(others),
  }
  const scan = scanManifest(file.slice(file.lastIndexOf('/') + 1), Buffer.from(text))
  const selections = new Map(target.policies.flatMap(({ name }) => (selection ? [[name, selection]] : [])))
  const compareFor = (owner: WritingPolicy) => compare ?? owner.policy.compare
  const known = { selections, compareFor, now, ...(held && { holds: new Map([['app', held]]) }) }
  return judge([{ path: file, oid: '0'.repeat(40), scan }], target, known)
}

export function outcomes(text: string, options?: Case) {
  return judged(text, options).places.map(({ current, desired, state, obstacle, edit }) => ({
    current,
    desired,
    state,
    obstacle,
    writes: edit?.value,
  }))
}
