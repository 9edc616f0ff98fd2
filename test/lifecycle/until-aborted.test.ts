import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { untilAborted } from '../../src/lifecycle/until-aborted.js'

describe('untilAborted', () => {
  it('settles as the work does and leaves no listener', async () => {
    const { signal } = new AbortController()
    assert.equal(await untilAborted(signal, Promise.resolve(1)), 1)
    await assert.rejects(untilAborted(signal, Promise.reject(new Error('failed'))), /^Error: failed$/)
    await Promise.resolve()
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('rejects at once with the reason of a signal, whenever it aborts', async () => {
    const stop = new AbortController()
    const endless = new Promise(() => {})
    const waiting = assert.rejects(untilAborted(stop.signal, endless), /^Error: stopped$/)
    stop.abort(new Error('stopped'))
    await waiting
    await assert.rejects(untilAborted(stop.signal, endless), /^Error: stopped$/)
  })
})
