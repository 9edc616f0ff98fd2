import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { shareSignal } from '../../src/lifecycle/share-signal.js'

test('a shared signal stops many without a warning', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  const stop = new AbortController()
  shareSignal(stop.signal)
  const stopped = Promise.all(Array.from({ length: 50 }, () => once(stop.signal, 'abort')))
  stop.abort()
  await stopped
  // Warnings are told in a turn of their own.
  await new Promise(setImmediate)
  process.off('warning', warned)
  assert.deepEqual(warnings, [])
})
