import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Everything that is measured. Labels have few values: names of the policy file, outcomes, status codes. */
export function createMetrics(version: string) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Gauges whose names end as only those of counters may; the same numbers are there by type.
  for (const kind of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${kind}_total`)
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] })

  gauge('tidemark_build_info', 'The running version', ['version']).set({ version }, 1)
  return {
    registry,
    configValid: gauge('tidemark_config_valid', '1 while the newest policy file is the one in force', []),
    policyInfo: gauge('tidemark_policy_info', 'The tag that each policy selects', ['policy', 'image', 'selected']),
    policyPending: gauge('tidemark_policy_pending', 'Places of a policy that do not have the selected tag, by reason', [
      'policy',
      'reason',
    ]),
    policyLastSuccess: gauge(
      'tidemark_policy_last_success_timestamp_seconds',
      'When the repository of a policy was last listed',
      ['policy'],
    ),
    polls: counter('tidemark_polls_total', 'Looks at repositories', ['registry', 'outcome']),
    registryRequests: counter('tidemark_registry_requests_total', 'Requests to registries and token servers', [
      'registry',
      'operation',
      'code',
    ]),
    registryRequestSeconds: histogram(
      'tidemark_registry_request_duration_seconds',
      'Duration of requests to registries',
      [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30],
      ['registry', 'operation'],
    ),
    registryRateLimitRemaining: gauge(
      'tidemark_registry_ratelimit_remaining',
      'Pulls that a registry still allows, as it said last',
      ['registry'],
    ),
    webhookEvents: counter('tidemark_webhook_events_total', 'Push events received', ['webhook', 'outcome']),
    notifications: counter('tidemark_notifications_total', 'Messages to people and programs outside, by try', [
      'to',
      'outcome',
    ]),
    jobs: gauge('tidemark_jobs', 'Jobs of each queue', ['queue', 'state']),
    queueReachable: gauge('tidemark_queue_reachable', '1 while the queue answers this process', []),
    updates: counter('tidemark_updates_total', 'Update jobs done', ['git', 'outcome']),
    gitOperations: counter('tidemark_git_operations_total', 'Git operations', ['git', 'operation', 'outcome']),
    gitOperationSeconds: histogram(
      'tidemark_git_operation_duration_seconds',
      'Duration of Git operations',
      [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
      ['git', 'operation'],
    ),
    pushRetries: counter('tidemark_push_retries_total', 'Pushes that lost the race and were computed again', ['git']),
    commitLagSeconds: histogram(
      'tidemark_commit_lag_seconds',
      'From first seeing a tag to its pushed commit',
      [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200],
      [],
    ),
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** What processes share, asked for at each scrape: one process alone does not see what another one did. */
export interface Measured {
  readonly queues: Readonly<Record<string, () => Promise<object>>>
  /** `selected` is empty where no tag qualifies. */
  readonly selections: () => Promise<
    readonly { readonly policy: string; readonly image: string; readonly selected: string }[]
  >
  /** How many places of a policy do not have the selected tag, by branch and obstacle. */
  readonly waiting: () => Promise<
    readonly { readonly policy: string; readonly obstacle: string; readonly places: number }[]
  >
}

/** The text that Prometheus reads. What is away leaves what was last known of it. */
export async function scrape(
  metrics: Metrics,
  { queues, selections, waiting }: Measured,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const counted = Object.entries(queues).map(async ([queue, counts]) => {
    for (const [state, jobs] of Object.entries(await counts())) metrics.jobs.set({ queue, state }, jobs)
  })
  const selected = selections().then((found) => {
    metrics.policyInfo.reset()
    for (const labels of found) metrics.policyInfo.set(labels, 1)
  })
  const left = waiting().then((found) => {
    metrics.policyPending.reset()
    for (const { policy, obstacle, places } of found) metrics.policyPending.inc({ policy, reason: obstacle }, places)
  })
  const read = await Promise.allSettled([...counted, selected, left])
  metrics.queueReachable.set(read.every(({ status }) => status === 'fulfilled') ? 1 : 0)
  return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }
}
