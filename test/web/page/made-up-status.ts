import type {
  HoldStatus,
  Overview,
  PolicyState,
  PolicyStatus,
  PolicySummary,
  Status,
} from '../../../src/status/status.js'
import { POLICY_STATES } from '../../../src/status/status.js'

/** 2026-11-20T10:00:00Z. */
export const NOW = Date.UTC(2026, 10, 20, 10)

export function madeUpPolicy(name: string, more: Partial<PolicySummary> = {}): PolicySummary {
  return {
    name,
    image: `registry.example.com/team/${name}`,
    state: 'current',
    reason: 'has the selected tag',
    current: ['1.4.2'],
    selected: ['1.4.2'],
    places: 1,
    lastLook: { at: NOW - 45_000, outcome: 'unchanged' },
    ...more,
  }
}

export function madeUpOverview(policies: readonly PolicySummary[], more: Partial<Overview> = {}): Overview {
  const countOf = (state: PolicyState) => policies.filter((policy) => policy.state === state).length
  return {
    version: '1.2.3',
    now: NOW,
    counts: Object.fromEntries(POLICY_STATES.map((state) => [state, countOf(state)])) as Overview['counts'],
    policies,
    registries: [],
    branches: [],
    queues: [],
    warnings: [],
    ...more,
  }
}

/** A status that shows what it is told. */
export interface MadeUpStatus extends Status {
  shown: Overview
  /** What of a policy's page is beside its summary. */
  details: Partial<PolicyStatus>
  readonly listeners: Set<() => void>
  change(): void
}

export function madeUpStatus(policies: readonly PolicySummary[], more: Partial<Overview> = {}): MadeUpStatus {
  const listeners = new Set<() => void>()
  const status: MadeUpStatus = {
    shown: madeUpOverview(policies, more),
    details: {},
    listeners,
    change: () => {
      for (const listener of listeners) listener()
    },
    overview: async () => status.shown,
    async policy(name) {
      const summary = status.shown.policies.find((policy) => policy.name === name)
      if (summary === undefined) return undefined
      return { ...summary, placesFound: [], history: [], holds: [] as HoldStatus[], tags: [], ...status.details }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return status
}
