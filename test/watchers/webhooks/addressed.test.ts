import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerHubSender } from '../../../src/watchers/webhooks/docker-hub.js'
import { WebhookError } from '../../../src/watchers/webhooks/errors.js'
import { quaySender } from '../../../src/watchers/webhooks/quay.js'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { SECRET } from './deliveries.js'

const lamp = { repository: { registry: 'docker.io', path: 'harbour/lamp' }, tag: '2.7.1' }
const bell = { registry: 'quay.example.com', path: 'harbour/bell' }

/** As Docker Hub sends one, with the addresses of a host that may not be asked. */
const hubPush = (repository: unknown, tag: unknown = '2.7.1') => ({
  callback_url: 'http://10.0.0.7/u/harbour/lamp/hook/4711/',
  push_data: { pushed_at: 1.772600767e9, pusher: 'jane', tag, media_type: 'application/vnd.oci.image.index.v1+json' },
  repository: { repo_name: repository, name: 'lamp', namespace: 'harbour', repo_url: 'http://10.0.0.7/lamp' },
})

/** As Quay sends one. */
const quayPush = (over: object = {}) => ({
  repository: 'harbour/bell',
  namespace: 'harbour',
  name: 'bell',
  docker_url: 'quay.example.com/harbour/bell',
  homepage: 'http://10.0.0.7/repository/harbour/bell',
  updated_tags: ['2.7.1'],
  ...over,
})

function addressed(body: unknown, pathSecret: string | undefined = SECRET): Delivery {
  return { headers: {}, body: Buffer.from(JSON.stringify(body)), pathSecret }
}

test('docker-hub: reads the tag of a push', () => {
  const cases: [body: unknown, expected: unknown][] = [
    [hubPush('harbour/lamp'), [lamp]],
    [hubPush('library/lamp'), [{ ...lamp, repository: { registry: 'docker.io', path: 'library/lamp' } }]],
    [hubPush('lamp'), [{ ...lamp, repository: { registry: 'docker.io', path: 'library/lamp' } }]],
    [hubPush('harbour/lamp', ''), []],
    [hubPush('harbour/lamp', 'a b'), []],
    [hubPush('../../etc'), []],
    [hubPush('ghcr.io/lamp'), [{ ...lamp, repository: { registry: 'docker.io', path: 'ghcr.io/lamp' } }]],
    [hubPush(''), []],
  ]
  const sender = dockerHubSender({ secret: SECRET })
  for (const [body, expected] of cases) assert.deepEqual(sender.read(addressed(body)), expected, JSON.stringify(body))
})

test('quay: reads every tag of a push, and ignores events of other kinds', () => {
  const cases: [body: unknown, registry: string | undefined, expected: unknown][] = [
    [quayPush(), undefined, [{ repository: bell, tag: '2.7.1' }]],
    [
      quayPush({ updated_tags: ['1', '', '2'] }),
      undefined,
      [
        { repository: bell, tag: '1' },
        { repository: bell, tag: '2' },
      ],
    ],
    [quayPush(), 'quay.io', [{ repository: { ...bell, registry: 'quay.io' }, tag: '2.7.1' }]],
    [
      quayPush({ docker_url: 'QUAY.example.com:443/harbour/bell' }),
      undefined,
      [{ repository: { ...bell, registry: 'quay.example.com:443' }, tag: '2.7.1' }],
    ],
    // It would read as an account of Docker Hub.
    [quayPush({ docker_url: 'quay/harbour/bell' }), undefined, []],
    [quayPush({ docker_url: '' }), undefined, []],
    [quayPush({ repository: '../bell' }), undefined, []],
    [quayPush({ updated_tags: undefined, vulnerability: { id: 'CVE-1' } }), undefined, []],
    [{}, undefined, []],
  ]
  for (const [body, registry, expected] of cases) {
    assert.deepEqual(quaySender({ secret: SECRET, registry }).read(addressed(body)), expected, JSON.stringify(body))
  }
})

const SENDERS = [dockerHubSender({ secret: SECRET }), quaySender({ secret: SECRET })]

test('refuses what does not have the secret in its path, before it is parsed', () => {
  const refusal = new WebhookError('UNAUTHORIZED', 'Cannot accept event: missing or wrong secret in the path')
  for (const sender of SENDERS) {
    assert.equal(sender.isAddressed, true)
    for (const pathSecret of [undefined, '', `${SECRET} `, SECRET.slice(1), SECRET.toUpperCase(), 'ſ'.repeat(14)]) {
      const delivery = { headers: { authorization: `Bearer ${SECRET}` }, body: Buffer.from('not JSON'), pathSecret }
      assert.throws(() => sender.read(delivery), refusal, pathSecret)
    }
  }
})

test('refuses a body of another format', () => {
  const cases: [sender: number, body: unknown, message: string][] = [
    [0, {}, 'Cannot read event at "push_data": expected an object with "tag"'],
    [0, hubPush(7), 'Cannot read event at "repository.repo_name": expected a name'],
    [0, hubPush('a', ['1']), 'Cannot read event at "push_data.tag": expected a tag'],
    [1, [], 'Cannot read event: expected an object'],
    [1, quayPush({ updated_tags: 'all' }), 'Cannot read event at "updated_tags": expected a list'],
    [
      1,
      quayPush({ updated_tags: Array(1_001).fill('1') }),
      'Cannot read event at "updated_tags": expected at most 1000 tags',
    ],
  ]
  for (const [index, body, message] of cases) {
    assert.throws(() => SENDERS[index]?.read(addressed(body)), new WebhookError('INVALID_BODY', message), message)
  }
})
