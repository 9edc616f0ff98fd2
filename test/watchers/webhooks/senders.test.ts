import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSender } from '../../../src/watchers/webhooks/senders.js'
import { bearing, notification, SECRET, signed } from './deliveries.js'

test('creates the configured sender', () => {
  const generic = createSender({ sender: 'generic', secret: SECRET, registry: 'ghcr.io' })
  assert.equal(generic.read(signed('[{ "image": "ghcr.io/lamp" }, { "image": "quay.io/lamp" }]')).length, 1)

  const distribution = createSender({ sender: 'distribution', secret: SECRET, registry: 'ghcr.io' })
  assert.deepEqual(distribution.read(bearing({ events: [notification()] })), [
    { repository: { registry: 'ghcr.io', path: 'harbour/lamp' }, tag: '2.7.1' },
  ])
})
