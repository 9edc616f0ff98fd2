import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { WebhookError } from '../../../src/watchers/webhooks/errors.js'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { createSender, type SenderConfig } from '../../../src/watchers/webhooks/senders.js'
import { SECRET } from './deliveries.js'
import { LAMP, SAMPLES } from './registry-events.js'

/** All but the one that asks Google first. */
const CONFIGS: readonly SenderConfig[] = [
  ...(['generic', 'bearer', 'distribution', 'harbor', 'quay'] as const),
  ...(['gitlab-registry', 'artifactory', 'nexus', 'alibaba', 'cloudevents', 'zot'] as const),
  ...(['docker-hub', 'ecr', 'acr', 'github', 'gitea'] as const),
].map((sender) => ({ sender, secret: SECRET, git: 'fleet' }))

const SENDERS = CONFIGS.map(
  (config) => [config.sender, createSender(config, { proxies: { except: '' }, clock: systemClock })] as const,
)

/** More than a slow machine needs for 1 MiB; what grows with the square of it would take minutes. */
const LONGEST_MS = 2_000

/** Proves the secret to all of them at once, so that the body is read. */
function proven(body: Uint8Array): Delivery {
  const hmac = (algorithm: string) => createHmac(algorithm, SECRET).update(body).digest('hex')
  const sha256 = hmac('sha256')
  const headers = {
    'x-signature': `sha256=${sha256}`,
    'x-hub-signature-256': `sha256=${sha256}`,
    'x-nexus-webhook-signature': hmac('sha1'),
    'x-jfrog-event-auth': SECRET,
  }
  return { headers, body, pathSecret: SECRET }
}

/** Gives the body to every sender; nothing but a refusal may come of it. */
function readByAll(body: Uint8Array): void {
  const { headers, ...delivery } = proven(body)
  for (const [name, sender] of SENDERS) {
    const authorization = name === 'harbor' ? SECRET : `Bearer ${SECRET}`
    for (const kind of name === 'github' || name === 'gitea' ? ['push', 'package', 'registry_package'] : ['']) {
      const startedAt = performance.now()
      try {
        sender.read({
          headers: { ...headers, authorization, 'x-github-event': kind, 'x-gitea-event': kind },
          ...delivery,
        })
      } catch (error) {
        assert.ok(error instanceof WebhookError, `${name}: ${error}`)
        assert.equal(error.code, 'INVALID_BODY', name)
        assert.ok(error.message.length < 300, `${name}: ${error.message}`)
      }
      const tookMs = performance.now() - startedAt
      assert.ok(tookMs < LONGEST_MS, `${name} took ${tookMs} ms`)
    }
  }
}

/** What the other senders take, so that what is changed in it is looked at. */
const EVENTS: readonly fc.JsonValue[] = [
  ...Object.values(SAMPLES).map(({ body }) => body(LAMP) as fc.JsonValue),
  { push_data: { tag: '1' }, repository: { repo_name: 'harbour/lamp' } },
  { docker_url: 'quay.io/harbour/lamp', repository: 'harbour/lamp', updated_tags: ['1'] },
  {
    type: 'PUSH_ARTIFACT',
    event_data: {
      resources: [{ tag: '1', resource_url: 'r.example.com/harbour/lamp:1' }],
      repository: { repo_full_name: 'harbour/lamp' },
    },
  },
  { action: 'push', target: { repository: 'harbour/lamp', tag: '1' }, request: { host: 'acme.azurecr.io' } },
  { ref: 'refs/heads/main', after: '1'.repeat(40) },
]

test('whatever JSON comes, it is read, ignored or refused', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => readByAll(Buffer.from(text))),
    { numRuns: 300 },
  )
})

test('whatever stands at any place of an event, it is read, ignored or refused', () => {
  const changed = fc
    .tuple(fc.constantFrom(...EVENTS), fc.nat(), fc.jsonValue({ maxDepth: 3 }))
    .map(([event, at, value]) => replaced(event, at, value))
  fc.assert(
    fc.property(changed, (event) => readByAll(Buffer.from(JSON.stringify(event)))),
    { numRuns: 500 },
  )
})

test('whatever bytes come, they are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readByAll(bytes)),
    { numRuns: 200 },
  )
})

test('1 MiB of one text is read in time, wherever it stands', () => {
  const length = 1024 * 1024 - 2_000
  const fillings = ['a', '-', 'a/', 'a.', '@', '%41', '&', 'pkg:oci/', ':'].map((text) =>
    text.repeat(length / text.length),
  )
  for (const event of EVENTS) {
    const filling = fillings[EVENTS.indexOf(event) % fillings.length] ?? ''
    for (const path of ['harbour/lamp', '2.7.1', 'registry.example.com', 'pkg:oci/lamp']) {
      const text = JSON.stringify(event)
      if (text.includes(path)) readByAll(Buffer.from(text.replace(path, `${path}${filling}`)))
    }
  }
  for (const filling of fillings)
    readByAll(Buffer.from(JSON.stringify(SAMPLES.cloudevents.body({ ...LAMP, path: filling }))))
})

/** The event with `value` in the place of one of its texts, numbers, lists or objects. */
function replaced(event: fc.JsonValue, at: number, value: fc.JsonValue): fc.JsonValue {
  let left = at % countOf(event)
  const walk = (node: fc.JsonValue): fc.JsonValue => {
    if (left-- === 0) return value
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child ?? null)]))
  }
  return walk(event)
}

function countOf(node: fc.JsonValue): number {
  if (typeof node !== 'object' || node === null) return 1
  return Object.values(node).reduce<number>((sum, child) => sum + countOf(child ?? null), 1)
}
