import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { type HttpTransportOptions, httpTransport } from '../../../../src/updaters/git/transports/http.js'
import type { TransportRequest } from '../../../../src/updaters/git/transports/transport.js'
import { eventually } from '../../../parts/eventually.js'
import { type GitAnswer, type GitServer, startGitServer } from '../../../parts/git-server.js'
import { type ManualClock, manualClock } from '../../../parts/manual-clock.js'
import { gitError } from '../scene.js'

describe('the HTTP transport', () => {
  let server: GitServer
  before(async () => {
    server = await startGitServer()
  })
  afterEach(() => {
    server.before = () => undefined
  })
  after(() => server.stop())

  const open = (options: HttpTransportOptions = {}) => httpTransport(new URL(`${server.url}/r.git`), options)
  const get = (signal = new AbortController().signal): TransportRequest => ({
    url: `${server.url}/r.git/info/refs`,
    method: 'GET',
    headers: {},
    signal,
  })
  const answer = (body: Buffer, more: Partial<GitAnswer> = {}): GitAnswer => ({
    status: 200,
    headers: {},
    body,
    ...more,
  })

  test('refuses an answer over its bound while it arrives', async () => {
    server.before = () => answer(Buffer.alloc(100_001), { hang: true })
    const { body } = await open({ maxAnswerBytes: 100_000 }).request(get())
    await assert.rejects(read(body), gitError('TOO_LARGE', false, /more than 100000 bytes/))
    server.before = () => answer(Buffer.alloc(100_000))
    assert.equal((await read((await open({ maxAnswerBytes: 100_000 }).request(get())).body)).length, 100_000)
  })

  test('gives up a server that does not answer, and one that stops', async () => {
    const clock = countingClock()
    server.before = () => answer(Buffer.alloc(0), { hang: true, status: 200 })
    const waiting = (await open({ clock }).request(get())).body
    const reading = read(waiting)
    const refused = assert.rejects(reading, gitError('UNREACHABLE', true, /^server sent nothing within 30 s$/))
    await clock.advance(30_000)
    await refused
    assert.equal(clock.waiting(), 0)
  })

  test('gives up a server that drips', async () => {
    const clock = countingClock()
    server.before = () => answer(Buffer.from('x'), { hang: true })
    const body = (await open({ clock, idleMs: 700_000 }).request(get())).body[Symbol.asyncIterator]()
    assert.equal((await body.next()).value?.length, 1)
    const next = body.next()
    const refused = assert.rejects(next, gitError('UNREACHABLE', true, /not done within 600 s$/))
    await clock.advance(600_000)
    await refused
    assert.equal(clock.waiting(), 0)
  })

  test('ends at once when it is aborted, before and after the answer begins', async () => {
    server.before = () => answer(Buffer.from('x'), { hang: true })
    const reason = new Error('stopping')
    await assert.rejects(open().request(get(AbortSignal.abort(reason))), reason)
    const controller = new AbortController()
    const reading = read((await open().request(get(controller.signal))).body)
    controller.abort(reason)
    await assert.rejects(reading, reason)
  })

  test('leaves no timer behind when a request is done or refused', async () => {
    const clock = countingClock()
    server.before = () => answer(Buffer.from('done'))
    assert.equal(String(await read((await open({ clock }).request(get())).body)), 'done')
    await assert.rejects(
      httpTransport(new URL('http://127.0.0.1:1/'), { clock }).request({ ...get(), url: 'http://127.0.0.1:1/' }),
      gitError('UNREACHABLE', true, /ECONNREFUSED/),
    )
    await eventually('timers are gone', () => clock.waiting() === 0)
  })

  test('asks again where a kept connection was closed, but does not push twice', async (t) => {
    const asked: string[] = []
    let drops = false
    const closing = createServer((request, response) => {
      asked.push(request.url ?? '')
      if (drops) request.socket.destroy()
      else response.end('done')
      drops = false
    })
    t.after(() => closing.closeAllConnections())
    t.after(() => closing.close())
    await once(closing.listen(0, '127.0.0.1'), 'listening')
    const base = `http://127.0.0.1:${(closing.address() as AddressInfo).port}`
    const transport = httpTransport(new URL(base))
    const ask = async (path: string, method: 'GET' | 'POST') => {
      const { body } = await transport.request({ ...get(), url: base + path, method, body: Buffer.from('0000') })
      assert.equal(String(await read(body)), 'done')
    }
    const askDropped = async (path: string, method: 'GET' | 'POST') => {
      await ask('/info/refs', 'GET')
      drops = true
      await ask(path, method)
    }
    await askDropped('/info/refs', 'GET')
    await askDropped('/git-upload-pack', 'POST')
    assert.equal(asked.splice(0).length, 6)
    await assert.rejects(
      askDropped('/git-receive-pack', 'POST'),
      gitError('UNREACHABLE', true, /socket hang up|ECONNRESET/),
    )
    assert.deepEqual(asked, ['/info/refs', '/git-receive-pack'])
  })

  test('sends credentials with the first request and conceals them', async () => {
    const transport = open({ credentials: { username: 'bot', password: 'pä:ss' } })
    server.before = () => answer(Buffer.alloc(0))
    await read((await transport.request(get())).body)

    const sent = server.requests.at(-1)?.headers.authorization ?? ''
    assert.equal(Buffer.from(sent.replace('Basic ', ''), 'base64').toString(), 'bot:pä:ss')
    assert.equal(transport.conceal(`no pä:ss, no ${sent}`), 'no ***, no Basic ***')
  })
})

async function read(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A manual clock that counts what still waits for it. */
function countingClock(): ManualClock & { waiting(): number } {
  const clock = manualClock()
  const waiting = new Set<object>()
  return {
    ...clock,
    waiting: () => waiting.size,
    after(delayMs, run) {
      const timer = {}
      waiting.add(timer)
      const cancel = clock.after(delayMs, () => {
        waiting.delete(timer)
        run()
      })
      return () => {
        waiting.delete(timer)
        cancel()
      }
    },
  }
}
