import assert from 'node:assert/strict'
import { parseRepository } from '../../../src/image/repository.js'
import { createPolicy, type Select } from '../../../src/policies/create.js'
import type { TagFilter } from '../../../src/policies/filter.js'
import { type Watch, type WatchedPolicy, watchesOf } from '../../../src/watchers/watch.js'

export interface Rule {
  readonly select?: Select
  readonly tags?: TagFilter
  readonly image?: string
  /** Whether a signature is wanted. */
  readonly signed?: boolean
}

/** A policy that is watched, of versions 1 unless told otherwise. */
export function watchedPolicy({
  select = { semver: '1.x' },
  tags,
  image = 'ghcr.io/harbour/lamp',
  signed,
}: Rule): WatchedPolicy {
  return {
    name: image,
    image,
    repository: parseRepository(image),
    schedule: { type: 'interval', intervalMs: 60_000 },
    rule: '',
    policy: createPolicy(select, tags),
    gates: [],
    fallback: false,
    follows: false,
    ageFrom: 'firstSeen',
    ...(signed && { checkSignature: async () => assert.fail() }),
    after: [],
    targets: [],
  }
}

export function watchedImage(image: string): ReadonlyMap<string, Watch> {
  return watchesOf([watchedPolicy({ image })])
}
