import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryJobs } from '../../../src/jobs/memory.js'
import { type WatchedPolicy, watchesOf } from '../../../src/watchers/watch.js'
import { pushHints } from '../../../src/watchers/webhooks/push-hints.js'
import type { Pushed } from '../../../src/watchers/webhooks/sender.js'
import { manualClock } from '../../parts/manual-clock.js'
import { DIGEST } from './deliveries.js'
import { type Rule, watchedPolicy } from './watched-image.js'

const LAMP = 'ghcr.io/harbour/lamp'

/** What comes of a push where these policies are watched: how many looks were ordered, and at what. */
async function ordered(policies: readonly WatchedPolicy[], pushed: readonly Pushed[]) {
  const jobs = memoryJobs({ clock: manualClock(), random: () => 0 })
  const looks: string[] = []
  const hint = pushHints({
    watches: watchesOf(policies),
    branchOf: (git) => (git === 'fleet' ? 'main' : undefined),
    jobs: {
      polls: { ...jobs.polls, add: async ({ repository, trigger }) => void looks.push(`${trigger} ${repository}`) },
      updates: { ...jobs.updates, add: async ({ git, branch }) => void looks.push(`${git} ${branch}`) },
    },
  })
  assert.equal(await hint(pushed), looks.length)
  return looks
}

const image = (path: string, tag?: string, registry?: string): Pushed => ({
  repository: { path, ...(registry !== undefined && { registry }) },
  ...(tag !== undefined && { tag }),
})

test('looks only at what is configured, and once', async () => {
  const policies = [
    watchedPolicy({}),
    watchedPolicy({ image: 'quay.io/harbour/lamp' }),
    watchedPolicy({ image: 'quay.io/harbour/bell' }),
  ]
  const cases: [pushed: readonly Pushed[], looks: readonly string[]][] = [
    [[], []],
    [[image('harbour/lamp', '1.0.0', 'ghcr.io')], [`event ${LAMP}`]],
    [[image('harbour/lamp', '1.0.0')], [`event ${LAMP}`, 'event quay.io/harbour/lamp']],
    [[image('harbour/lamp', '1.0.0', 'docker.io')], []],
    [[image('harbour/horn', '1.0.0', 'ghcr.io')], []],
    [[image('harbour/bell', '1.0.0', 'ghcr.io')], []],
    [
      ['1.0.0', '1.0.1', '2.0.0'].flatMap((tag) => [image('harbour/lamp', tag, 'ghcr.io'), image('harbour/bell', tag)]),
      [`event ${LAMP}`, 'event quay.io/harbour/bell'],
    ],
    [
      [
        { git: 'fleet', branch: 'main' },
        { git: 'fleet', branch: 'main' },
        { git: 'fleet', branch: 'next' },
        { git: 'other', branch: 'main' },
      ],
      ['fleet main'],
    ],
  ]
  for (const [pushed, looks] of cases) assert.deepEqual(await ordered(policies, pushed), looks, JSON.stringify(pushed))
})

const SIGNATURE = `${DIGEST.replace(':', '-')}.sig`

test('does not look for a tag that no policy may select', async () => {
  const filtered = { include: '-alpine$' }
  const cases: [rules: readonly Rule[], tags: readonly (string | undefined)[], ignored: readonly string[]][] = [
    [[{ select: { semver: '1.x' } }], ['1.0.0', 'v1.2.3', undefined], ['2.0.0', 'latest', '1.0', SIGNATURE]],
    [[{ select: { semver: '1.x' } }, { select: { semver: '2.x' } }], ['1.0.0', '2.0.0'], ['3.0.0']],
    [[{ select: { numerical: 'ascending' } }], ['1', '42'], ['latest']],
    [[{ select: { alphabetical: 'descending' }, tags: filtered }], ['a-alpine'], ['a']],
    [[{ select: { digest: 'stable' } }], ['stable'], ['1.0.0', 'latest']],
    // Whether it is the newest, or fits to what stands in Git, is not told by its text.
    [[{ select: { newest: 'created' }, tags: filtered }], ['any-alpine'], ['any', SIGNATURE]],
    [[{ select: { same: 'major' }, tags: filtered }], ['9.0.0-alpine'], ['9.0.0']],
    [[{ select: { like: 'current' } }], ['anything', '9.0.0'], []],
    // The signature may be what a tag waits for.
    [[{ signed: true }], ['1.0.0', SIGNATURE], ['2.0.0']],
  ]
  for (const [rules, tags, ignored] of cases) {
    const policies = rules.map(watchedPolicy)
    for (const tag of tags) {
      assert.equal((await ordered(policies, [image('harbour/lamp', tag)])).length, 1, JSON.stringify([rules, tag]))
    }
    for (const tag of ignored) {
      assert.deepEqual(await ordered(policies, [image('harbour/lamp', tag)]), [], JSON.stringify([rules, tag]))
    }
  }
})
