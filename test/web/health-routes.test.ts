import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startedWeb } from './started-web.js'

test('answers the machines that ask', async (t) => {
  const { web } = await startedWeb(t)
  const cases: [path: string, type: string, body: string][] = [
    ['/healthz', 'text/plain; charset=utf-8', 'ok'],
    ['/readyz', 'application/json; charset=utf-8', '{"ready":true}'],
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8', 'up 1\n'],
    ['/', 'text/plain; charset=utf-8', 'Tidemark\n\n/healthz  alive\n/readyz   ready\n/metrics  Prometheus\n'],
  ]
  for (const [path, type, body] of cases) {
    const response = await fetch(web.url + path)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), type)
    assert.equal(await response.text(), body)

    const head = await fetch(web.url + path, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.headers.get('content-length'), String(body.length))
    assert.equal(await head.text(), '')
  }
})

test('says why the process is not ready', async (t) => {
  const { web } = await startedWeb(t, { ready: async () => ['Cannot reach queue'] })
  const response = await fetch(`${web.url}/readyz`)
  assert.equal(response.status, 503)
  assert.deepEqual(await response.json(), { ready: false, reasons: ['Cannot reach queue'] })
})

test('keeps the text of a defect in the process', async (t) => {
  const fail = async () => {
    throw new Error('redis://:secret@10.1.2.3 is away')
  }
  const { web, failures } = await startedWeb(t, { ready: fail, metrics: fail })
  for (const path of ['/readyz', '/metrics']) {
    const response = await fetch(web.url + path)
    assert.equal(response.status, 500)
    assert.deepEqual(await response.json(), { error: 'Cannot answer: internal error' })
  }
  assert.deepEqual(failures, [
    { path: '/readyz', reason: 'redis://:secret@10.1.2.3 is away' },
    { path: '/metrics', reason: 'redis://:secret@10.1.2.3 is away' },
  ])
})
