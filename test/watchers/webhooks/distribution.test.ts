import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distributionSender } from '../../../src/watchers/webhooks/distribution.js'
import { WebhookError } from '../../../src/watchers/webhooks/errors.js'
import { bearing, notification, SECRET } from './deliveries.js'

const sender = distributionSender({ secret: SECRET, registry: 'registry.example.com' })
const lamp = { repository: { registry: 'registry.example.com', path: 'harbour/lamp' }, tag: '2.7.1' }

test('reads a push by tag, of the four kinds of manifest, at the configured registry', () => {
  const mediaTypes = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ]
  for (const mediaType of mediaTypes) {
    assert.deepEqual(sender.read(bearing({ events: [notification({ target: { mediaType } })] })), [lamp], mediaType)
  }
})

test('ignores every other event, and what is malformed', () => {
  const events: unknown[] = [
    notification({ action: 'pull' }),
    notification({ action: 'mount' }),
    notification({ action: 'Push' }),
    notification({ action: undefined }),
    notification({ action: 'delete', target: { digest: undefined, mediaType: undefined, url: undefined } }),
    notification({ target: { mediaType: 'application/octet-stream', tag: undefined } }),
    notification({ target: { tag: undefined } }),
    notification({ target: { tag: '' } }),
    notification({ target: { tag: 'a/b' } }),
    notification({ target: { tag: ['2.7.1'] } }),
    notification({ target: { repository: '../../etc' } }),
    notification({ target: { repository: 'Harbour/lamp' } }),
    notification({ target: { repository: 'harbour/lamp:2.7.1' } }),
    notification({ target: { repository: undefined } }),
    { action: 'push', target: null },
    { action: 'push' },
    null,
    'push',
    [],
    JSON.parse('{ "__proto__": { "action": "push" } }'),
  ]
  for (const event of events) {
    assert.deepEqual(sender.read(bearing({ events: [event] })), [], JSON.stringify(event))
  }
  assert.deepEqual(sender.read(bearing({ events: [...events, notification(), ...events] })), [lamp])
  assert.deepEqual(sender.read(bearing({ events: [] })), [])
})

test('refuses a body of another format', () => {
  const cases: [body: unknown, message: string][] = [
    ['events', 'Cannot read event: expected an object with "events"'],
    [null, 'Cannot read event: expected an object with "events"'],
    [[notification()], 'Cannot read event: expected an object with "events"'],
    [{}, 'Cannot read event at "events": expected a list'],
    [{ events: notification() }, 'Cannot read event at "events": expected a list'],
    [{ events: Array(1_001).fill(null) }, 'Cannot read event at "events": expected at most 1000 events'],
  ]
  for (const [body, message] of cases) {
    assert.throws(() => sender.read(bearing(body)), new WebhookError('INVALID_BODY', message), message)
  }
})

test('takes the secret as a bearer token, whatever its length and letters', () => {
  const body = { events: [notification()] }
  const right = [`Bearer ${SECRET}`, `bearer ${SECRET}`, `BEARER   ${SECRET}`]
  for (const authorization of right) {
    assert.deepEqual(sender.read({ ...bearing(body), headers: { authorization } }), [lamp], authorization)
  }

  const wrong = [undefined, '', 'Bearer', 'Bearer ', SECRET, `Basic ${SECRET}`, `Bearer ${SECRET} `, 'Bearer x']
  const refusal = new WebhookError('UNAUTHORIZED', 'Cannot accept event: missing or wrong bearer token')
  for (const authorization of [...wrong, `Bearer ${'x'.repeat(16_000)}`]) {
    const delivery = { headers: { authorization }, body: Buffer.from('not JSON') }
    assert.throws(() => sender.read(delivery), refusal, authorization)
  }

  // As the bytes of UTF-8 arrive in a header.
  const authorization = `Bearer ${Buffer.from('schlüssel').toString('latin1')}`
  const umlaut = distributionSender({ secret: 'schlüssel', registry: 'registry.example.com' })
  assert.deepEqual(umlaut.read({ ...bearing(body), headers: { authorization } }), [lamp])
})

test('without a registry, the path alone counts', () => {
  const [image] = distributionSender({ secret: SECRET }).read(bearing({ events: [notification()] }))
  assert.deepEqual(image?.repository, { registry: undefined, path: 'harbour/lamp' })
})
