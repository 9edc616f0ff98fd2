import type { HeldNotice, Notice, UpdatedNotice } from '../../src/jobs/notices.js'

export const AT = Date.UTC(2026, 10, 20, 12)

export function updated(more: Partial<UpdatedNotice> = {}): UpdatedNotice {
  return {
    type: 'updated',
    at: AT,
    git: 'fleet',
    branch: 'main',
    commit: '2f8ae4b4f6f9f1a7f0b0c5b5a9a3f7c1d2e3f4a5',
    repository: 'https://git.example.com/acme/fleet.git',
    subject: 'Update podinfo to 6.9.1',
    changes: [change('podinfo')],
    files: ['apps/podinfo.yaml'],
    ...more,
  }
}

export function change(policy: string, more: object = {}): UpdatedNotice['changes'][number] {
  const file = `apps/${policy}.yaml`
  return { policy, image: `ghcr.io/acme/${policy}`, file, line: 7, from: '6.9.0', to: '6.9.1', places: 1, ...more }
}

export function held(policy: string, more: Partial<HeldNotice> = {}): HeldNotice {
  return {
    type: 'held',
    at: AT,
    git: 'fleet',
    branch: 'main',
    policy,
    image: `ghcr.io/acme/${policy}`,
    file: `apps/${policy}.yaml`,
    line: 7,
    current: '6.9.0',
    desired: '6.9.1',
    state: 'held',
    reason: 'a comment holds it: broken',
    places: 1,
    ...more,
  }
}

export function pollFailed(repository: string, reason = 'registry answered 500'): Notice {
  return { type: 'failed', at: AT, what: 'poll', repository, policies: ['podinfo'], reason }
}

export function pollRecovered(repository: string): Notice {
  return { type: 'recovered', at: AT, what: 'poll', repository, policies: ['podinfo'] }
}
