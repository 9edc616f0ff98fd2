import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { WebError } from '../../src/web/errors.js'
import { signed } from '../watchers/webhooks/deliveries.js'
import { startedWeb } from './started-web.js'

test('answers unknown paths, methods and broken requests with a sentence', async (t) => {
  const { web, events } = await startedWeb(t)
  const cases: [method: string, path: string, status: number, error: string][] = [
    ['GET', '/nothing', 404, 'Cannot GET this path: not found'],
    ['POST', '/', 404, 'Cannot POST this path: not found'],
    ['GET', '/webhooks/ci', 404, 'Cannot GET this path: not found'],
    ['POST', '/webhooks/', 404, 'Cannot accept event: no webhook ""'],
    ['POST', '/webhooks/ci/more/still', 404, 'Cannot POST this path: not found'],
    ['PUT', '/webhooks/ci', 404, 'Cannot PUT this path: not found'],
    ['GET', '/%zz', 400, "'/%zz' is not a valid url component"],
    ['POST', `/webhooks/${'n'.repeat(801)}`, 414, `'/webhooks/${'n'.repeat(801)}' is exceeding the max param length`],
  ]
  for (const [method, path, status, error] of cases) {
    const response = await fetch(web.url + path, { method })
    assert.equal(response.status, status, path)
    assert.deepEqual(await response.json(), { error })
  }
  assert.deepEqual(
    events.map(({ outcome }) => outcome),
    ['unknown'],
  )
})

test('tells browsers to keep, guess and frame nothing', async (t) => {
  const { web } = await startedWeb(t)
  for (const path of ['/', '/readyz', '/nothing']) {
    const { headers } = await fetch(web.url + path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'")
  }
})

test('says why it cannot listen', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  await assert.rejects(startedWeb(t, { port }), {
    name: 'WebError',
    code: 'ADDRESS_IN_USE',
    message: `Cannot listen on 127.0.0.1:${port}: address already in use`,
  })

  // RFC 5737: an address of documentation, which no machine has.
  const refused = await startedWeb(t, { host: '203.0.113.1' }).catch((error) => error)
  assert.ok(refused instanceof WebError)
  assert.equal(refused.code, 'CANNOT_LISTEN')
  assert.match(refused.message, /^Cannot listen on 203\.0\.113\.1:0: listen EADDRNOTAVAIL/)
})

test('names the address it listens on', async (t) => {
  const hosts: [host: string, url: RegExp][] = [
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['localhost', /^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/],
  ]
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  )
  if (hasIpv6) hosts.push(['::1', /^http:\/\/\[::1\]:\d+$/])
  for (const [host, url] of hosts) {
    const { web } = await startedWeb(t, { host })
    assert.match(web.url, url)
    assert.equal((await fetch(`${web.url}/healthz`)).status, 200)
  }
})

test('cuts off who sends too slowly', async (t) => {
  const { web } = await startedWeb(t, { requestTimeoutMs: 200 })
  for (const slow of [
    'GET /healthz HTTP/1.1\r\nhost:',
    `POST /webhooks/ci HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`,
  ]) {
    const socket = await connected(web.url)
    socket.write(slow)
    assert.match(await closed(socket), /^HTTP\/1\.1 408 /)
  }
})

test('answers what is in hand when it stops, and closes every connection', async (t) => {
  const queue: (() => void)[] = []
  const { web, post } = await startedWeb(t, {
    hint: () => new Promise((resolve) => queue.push(() => resolve(1))),
  })
  const silent = await connected(web.url)
  const begun = await connected(web.url)
  begun.write('GET /healthz HTTP/1.1\r\n')
  const kept = await connected(web.url)
  kept.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(kept, 'data')
  const { body, headers } = signed('{ "image": "lamp" }')
  const answer = post('ci', { body, headers: headers as Record<string, string> })
  while (queue.length === 0) await new Promise(setImmediate)

  const stopping = web.stop()
  assert.equal(web.stop(), stopping)
  await closed(kept)
  await assert.rejects(connected(web.url), { code: 'ECONNREFUSED' })
  queue[0]?.()
  const startedAt = performance.now()
  const response = await answer
  assert.deepEqual(await response.json(), { queued: 1 })
  await stopping
  await Promise.all([closed(silent), closed(begun)])
  assert.ok(performance.now() - startedAt < 1_000)
})

async function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** Everything received until the server closed the connection. */
function closed(socket: Socket): Promise<string> {
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  return new Promise((resolve) => {
    if (socket.closed) return resolve(received)
    socket.once('close', () => resolve(received))
    socket.on('error', () => {})
  })
}
