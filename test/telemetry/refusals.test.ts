import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRefusals } from '../../src/telemetry/refusals.js'

test('tells of refused push events once a minute and webhook, with their number', () => {
  let now = 0
  const told: unknown[][] = []
  const quiet: unknown[] = []
  const refused = createRefusals(
    {
      warn: (message, fields) =>
        told.push([message, fields?.webhook, fields?.outcome, fields?.reason, fields?.refused]),
      debug: (message) => quiet.push(message),
    },
    () => now,
  )
  const refuse = (webhook: string, outcome = 'unauthorized') => refused({ webhook, outcome, reason: `reason ${now}` })
  const steps: [at: number, webhook: string, told: readonly unknown[] | undefined][] = [
    [0, 'ci', ['Push event refused', 'ci', 'unauthorized', 'reason 0', 1]],
    [1, 'ci', undefined],
    [2, 'hub', ['Push event refused', 'hub', 'unauthorized', 'reason 2', 1]],
    [59_999, 'ci', undefined],
    [60_000, 'ci', ['Push event refused', 'ci', 'unauthorized', 'reason 60000', 3]],
    [60_001, 'ci', undefined],
    [300_000, 'ci', ['Push event refused', 'ci', 'unauthorized', 'reason 300000', 2]],
    [300_001, '', ['Push event refused', '', 'unauthorized', 'reason 300001', 1]],
    // The clock was set back.
    [1_000, 'ci', ['Push event refused', 'ci', 'unauthorized', 'reason 1000', 1]],
  ]
  for (const [at, webhook, expected] of steps) {
    now = at
    refuse(webhook)
    assert.deepEqual(told.splice(0), expected === undefined ? [] : [expected], `${webhook} at ${at}`)
  }
  assert.equal(quiet.length, 3)
})
