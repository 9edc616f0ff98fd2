import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfiguration } from '../src/config/load.js'
import { memoryJobs } from '../src/jobs/memory.js'
import { systemClock } from '../src/lifecycle/clock.js'
import { createParts, type Parts } from '../src/parts.js'
import { createEvents } from '../src/telemetry/events.js'
import { createLogger } from '../src/telemetry/logger.js'
import { createMetrics } from '../src/telemetry/metrics.js'
import { withFiles } from './config/files.js'

const BASE = {
  registries: { 'ghcr.io': { requestsPerSecond: 10 } },
  git: { fleet: { url: '/srv/fleet.git' }, other: { url: '/srv/other.git' } },
  policies: {
    app: { image: 'ghcr.io/a/app', select: { semver: '1.x' }, write: [{ git: 'fleet' }] },
    web: { image: 'ghcr.io/a/web', select: { semver: '1.x' }, write: [{ git: 'other' }] },
  },
}

/** What is made of one policy file after the other. */
function parts(first: object, second: object): Promise<readonly [Parts, Parts]> {
  return withFiles({ 'a.yaml': JSON.stringify(first), 'b.yaml': JSON.stringify(second) }, async (folder) => {
    const jobs = memoryJobs({ clock: systemClock, random: Math.random })
    const log = createLogger({ format: 'json', level: 'error', redact: (line) => line, write: () => {} })
    const events = createEvents(log, createMetrics('0'), systemClock.now)
    const surroundings = { clock: systemClock, random: Math.random, events, version: '0' }
    const make = async (name: string, former?: Parts) => {
      const configuration = await loadConfiguration([join(folder, name)], { env: {} })
      return createParts({ ...configuration, state: join(folder, 'state') }, jobs, surroundings, former)
    }
    const former = await make('a.yaml')
    return [former, await make('b.yaml', former)]
  })
}

describe('parts of another configuration', () => {
  const { app, web } = BASE.policies
  const changes: readonly (readonly [what: string, changed: object, kept: readonly string[]])[] = [
    ['nothing', {}, ['registry', 'poller', 'fleet', 'other']],
    ['a webhook', { webhooks: { ci: { sender: 'generic', secret: 'abc' } } }, ['registry', 'poller', 'fleet', 'other']],
    ['how often is looked', { policies: { app, web: { ...web, interval: '1m' } } }, ['registry', 'poller', 'fleet']],
    ['a policy', { policies: { app: { ...app, select: { semver: '2.x' } }, web } }, ['registry', 'poller', 'other']],
    ['a Git repository', { git: { ...BASE.git, fleet: { url: '/srv/b.git' } } }, ['registry', 'poller', 'other']],
    ['names of policies', { policies: { app, web, new: { ...web, write: [] } } }, ['registry', 'poller']],
    ['a registry', { registries: { 'ghcr.io': { requestsPerSecond: 5 } } }, []],
  ]
  for (const [what, changed, kept] of changes) {
    it(`are the former ones but for what depends on ${what}`, async () => {
      const [former, next] = await parts(BASE, { ...BASE, ...changed })
      const same = [
        ...(former.registry === next.registry ? ['registry'] : []),
        ...(former.poller === next.poller ? ['poller'] : []),
        ...['fleet', 'other'].filter((git) => former.reconcilers.get(git) === next.reconcilers.get(git)),
      ]
      assert.deepEqual(same, kept)
    })
  }

  it('have no reconciler where nothing is written any more', async () => {
    const [, next] = await parts(BASE, { ...BASE, policies: { app } })
    assert.deepEqual([...next.reconcilers.keys()], ['fleet'])
    assert.deepEqual([...next.watches.keys()], ['ghcr.io/a/app'])
  })
})
