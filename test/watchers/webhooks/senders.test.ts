import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { createSender } from '../../../src/watchers/webhooks/senders.js'
import { bearing, notification, SECRET, signed } from './deliveries.js'

const surroundings = { proxies: { except: '' }, clock: systemClock }

test('creates the configured sender', async () => {
  const generic = createSender({ sender: 'generic', secret: SECRET, registry: 'ghcr.io' }, surroundings)
  const images = await generic.read(signed('[{ "image": "ghcr.io/lamp" }, { "image": "quay.io/lamp" }]'))
  assert.equal(images.length, 1)

  const distribution = createSender({ sender: 'distribution', secret: SECRET, registry: 'ghcr.io' }, surroundings)
  assert.deepEqual(await distribution.read(bearing({ events: [notification()] })), [
    { repository: { registry: 'ghcr.io', path: 'harbour/lamp' }, tag: '2.7.1' },
  ])
})
