import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebhookError } from '../../../src/watchers/webhooks/errors.js'
import { harborSender } from '../../../src/watchers/webhooks/harbor.js'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { DIGEST, SECRET } from './deliveries.js'

const HOST = 'harbor.example.com'
const lamp = { repository: { registry: HOST, path: 'harbour/team/lamp' }, tag: '2.7.1' }

const resource = (tag: unknown, host = HOST) => ({
  digest: DIGEST,
  tag,
  resource_url: `${host}/harbour/team/lamp:${tag}`,
})

function pushed(resources: readonly unknown[] = [resource('2.7.1')], name: unknown = 'harbour/team/lamp') {
  return {
    resources,
    repository: { name: 'team/lamp', namespace: 'harbour', repo_full_name: name, repo_type: 'private' },
  }
}

/** As Harbor sends one in its own format. */
const own = (event_data: unknown, type: unknown = 'PUSH_ARTIFACT') => ({
  type,
  occur_at: 1_772_600_767,
  operator: 'robot$ci',
  event_data,
})

/** The same as a CloudEvent. */
const cloudEvent = (data: unknown, type = 'harbor.artifact.pushed') => ({
  specversion: '1.0',
  id: '3f0d5c1e-6a3b-4b7e-9f6f-0a1b2c3d4e5f',
  source: '/projects/2/webhook/policies/15',
  type,
  datacontenttype: 'application/json',
  time: '2026-03-04T05:06:07Z',
  data,
})

function sent(body: unknown, authorization: string | undefined = SECRET): Delivery {
  return { headers: { authorization }, body: Buffer.from(JSON.stringify(body)) }
}

test('reads every tag of a push, in both formats', () => {
  const bells = pushed([resource('1'), resource('2', 'core.harbor.example.com')])
  const registries = { 1: HOST, 2: 'core.harbor.example.com' }
  const both = Object.entries(registries).map(([tag, registry]) => ({
    repository: { registry, path: 'harbour/team/lamp' },
    tag,
  }))
  const cases: [body: unknown, expected: unknown][] = [
    [own(pushed()), [lamp]],
    [own(pushed(), 'pushImage'), [lamp]],
    [cloudEvent(pushed()), [lamp]],
    [own(bells), both],
    [cloudEvent(bells), both],
  ]
  const sender = harborSender({ secret: SECRET })
  for (const [body, expected] of cases) assert.deepEqual(sender.read(sent(body)), expected, JSON.stringify(body))
})

test('ignores untagged manifests, other events, and what is no repository', () => {
  const replication = { replication: { harbor_hostname: 'http://10.0.0.7', job_status: 'Success' } }
  const ignored = [
    own(pushed([resource(DIGEST)])),
    own(pushed([resource('')])),
    own(pushed([{ digest: DIGEST, resource_url: `${HOST}/harbour/team/lamp@${DIGEST}` }])),
    own(pushed([resource('1', 'harbor')])),
    own(pushed([resource('1', '')])),
    own(pushed([resource('1')], '../lamp')),
    own(pushed([])),
    own(pushed(), 'PULL_ARTIFACT'),
    own(replication, 'REPLICATION'),
    own(undefined, 'QUOTA_EXCEED'),
    cloudEvent(pushed(), 'harbor.artifact.deleted'),
  ]
  const sender = harborSender({ secret: SECRET })
  for (const body of ignored) assert.deepEqual(sender.read(sent(body)), [], JSON.stringify(body))
})

test('takes the configured registry instead of the one that Harbor takes for its own', () => {
  const sender = harborSender({ secret: SECRET, registry: 'registry.example.com:5000' })
  assert.deepEqual(sender.read(sent(own(pushed([resource('2.7.1', 'core')])))), [
    { ...lamp, repository: { ...lamp.repository, registry: 'registry.example.com:5000' } },
  ])
})

test('wants the header as it was configured, whatever it looks like', () => {
  for (const secret of [SECRET, 'Bearer abc', 'Basic dXNlcjpwYXNz']) {
    const sender = harborSender({ secret })
    assert.deepEqual(sender.read(sent(own(pushed()), secret)), [lamp])
    for (const wrong of [
      undefined,
      '',
      `Bearer ${secret}`,
      `${secret}x`,
      secret.toLowerCase().replace('made', 'Made'),
    ]) {
      const delivery = { headers: { authorization: wrong }, body: Buffer.from('not JSON') }
      const refusal = new WebhookError('UNAUTHORIZED', 'Cannot accept event: missing or wrong token')
      assert.throws(() => sender.read(delivery), refusal, wrong)
    }
  }
})

test('refuses a body of another format', () => {
  const cases: [body: unknown, message: string][] = [
    [[], 'Cannot read event: expected an object with "type"'],
    [{}, 'Cannot read event at "type": expected a type'],
    [own({}), 'Cannot read event at "event_data.resources": expected a list'],
    [own(pushed([resource('1')], 7)), 'Cannot read event at "event_data.repository.repo_full_name": expected a name'],
    [
      cloudEvent(pushed(Array(1_001).fill(resource('1')))),
      'Cannot read event at "data.resources": expected at most 1000 resources',
    ],
  ]
  for (const [body, message] of cases) {
    const refusal = new WebhookError('INVALID_BODY', message)
    assert.throws(() => harborSender({ secret: SECRET }).read(sent(body)), refusal, message)
  }
})
