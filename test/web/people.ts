import type { TestContext } from 'node:test'
import { tryParseDuration } from '../../src/config/duration.js'
import { JobsError } from '../../src/jobs/errors.js'
import type { Hold } from '../../src/status/holds.js'
import type { Overview, PolicyStatus, PolicySummary } from '../../src/status/status.js'
import { type AccessRules, accessOf } from '../../src/web/access.js'
import { createOperations, type Operation } from '../../src/web/operations.js'
import type { WebOptions } from '../../src/web/options.js'
import { manualClock } from '../parts/manual-clock.js'
import { startedWeb } from './started-web.js'

export const NOW = Date.UTC(2026, 10, 20)
export const TOKENS = { readToken: 'the-token-to-read', adminToken: 'the-token-to-operate' } as const

const COMMIT = {
  git: 'fleet',
  branch: 'main',
  oid: '8f14e45fceea167a5a36dedd4bea2543c1b4e0a1',
  url: 'https://github.com/acme/fleet/commit/8f14e45fceea167a5a36dedd4bea2543c1b4e0a1',
  at: NOW - 60_000,
  subject: 'Update lamp to 2.7.1',
  changes: [{ policy: 'lamp', file: 'apps/lamp.yaml', line: 3, from: '2.7.0', to: '2.7.1' }],
}

const HOLD: Hold = { tag: '2.8.0', reason: 'memory leak, #4711', at: NOW - 1_000, until: NOW + 86_400_000 }

/** Has every field that a policy can have. */
export const LAMP: PolicyStatus = {
  name: 'lamp',
  image: 'ghcr.io/harbour/lamp',
  state: 'pending',
  reason: 'held: memory leak, #4711',
  current: ['2.7.1'],
  selected: ['2.8.0'],
  places: 1,
  lastLook: { at: NOW - 5_000, outcome: 'changed', reason: 'told by an event' },
  lastCommit: COMMIT,
  tags: [
    {
      tag: '2.8.0',
      verdict: 'selected',
      reason: 'the highest',
      digest: `sha256:${'0'.repeat(64)}`,
      seenSince: NOW,
      createdAt: NOW,
    },
    { tag: 'latest', verdict: 'rejected', reason: 'no version' },
  ],
  tagsError: 'the list is of an hour ago',
  tagsLeftOut: 12,
  placesFound: [
    {
      git: 'fleet',
      branch: 'main',
      file: 'apps/lamp.yaml',
      line: 3,
      current: '2.7.1',
      desired: '2.8.0',
      state: 'held',
      reason: 'held: memory leak, #4711',
      until: NOW + 86_400_000,
    },
  ],
  history: [COMMIT],
  holds: [HOLD],
}

/** Has no field that a policy can be without. */
const BELL: PolicyStatus = {
  name: 'team/bell',
  image: 'quay.io/harbour/bell',
  state: 'unknown',
  reason: 'not looked at yet',
  current: [],
  selected: [],
  places: 0,
  placesFound: [],
  history: [],
  holds: [],
}

const POLICIES: readonly PolicyStatus[] = [LAMP, BELL]

export const OVERVIEW: Overview = {
  version: '1.2.3',
  now: NOW,
  counts: { failing: 0, held: 0, pending: 1, current: 0, watched: 0, unknown: 1 },
  policies: POLICIES.map(summaryOf),
  registries: [
    {
      host: 'ghcr.io',
      repositories: 1,
      failing: 1,
      lastError: { at: NOW, reason: 'HTTP 500' },
      restUntil: NOW + 10_000,
      remaining: 88,
    },
    { host: 'quay.io', repositories: 1, failing: 0 },
  ],
  branches: [
    {
      git: 'fleet',
      branch: 'main',
      lastLookAt: NOW,
      lastPush: COMMIT,
      retries: 2,
      failure: { at: NOW, reason: 'Cannot push to "main": remote is ahead' },
    },
    { git: 'spare', branch: 'main', retries: 0 },
  ],
  queues: [{ name: 'polls', waiting: 1, active: 2, delayed: 3, failed: 4 }],
  warnings: ['tidemark.yaml:3:5: policies.lamp: a warning'],
}

function summaryOf({
  tags,
  tagsError,
  tagsLeftOut,
  placesFound,
  history,
  holds,
  ...summary
}: PolicyStatus): PolicySummary {
  return summary
}

/** A server with the two policies above, where nothing is real but HTTP. The queue can be taken away. */
export async function startedForPeople(
  test: TestContext,
  tokens: AccessRules = TOKENS,
  more: Partial<Pick<WebOptions, 'host'>> = {},
) {
  const clock = manualClock(NOW)
  const ordered: string[] = []
  const operations: Operation[] = []
  const queue = { isAway: false, isBroken: false, isSlow: false }
  const reached = () => {
    if (queue.isAway) throw new JobsError('UNAVAILABLE', 'Cannot reach redis.internal', { retryable: true })
    if (queue.isBroken) throw new TypeError('undefined is no function in /srv/app')
  }
  const overview = { ...OVERVIEW }
  const started = await startedWeb(test, {
    ...more,
    access: accessOf({ rules: () => tokens, clock }),
    status: {
      async overview() {
        reached()
        return overview
      },
      async policy(name, signal) {
        if (queue.isSlow)
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        return POLICIES.find((policy) => policy.name === name)
      },
      onChange: () => () => {},
    },
    operations: createOperations({
      repositoryOf: (name) => POLICIES.find((policy) => policy.name === name)?.image,
      async orderPoll(repository) {
        reached()
        ordered.push(`poll ${repository}`)
      },
      holds: {
        list: async () => [],
        async set(policy, { tag = '*', reason, until = 0 }) {
          reached()
          ordered.push(`hold ${policy} ${tag} ${reason} ${until === 0 ? 'ever' : until - NOW}`)
        },
        async release(policy, tag) {
          reached()
          ordered.push(`release ${policy} ${tag ?? '*'}`)
          return policy === 'lamp'
        },
      },
      durationOf: tryParseDuration,
      now: clock.now,
      onOperation: (operation) => operations.push(operation),
    }),
  })
  const ask = async (path: string, init: RequestInit & { readonly token?: string } = {}) => {
    const { token = tokens.adminToken, ...rest } = init
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...rest.headers }
    const response = await fetch(`${started.web.url}${path}`, { redirect: 'manual', ...rest, headers })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
  }
  return { ...started, clock, ordered, operations, queue, overview, ask }
}
