import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../parts/eventually.js'
import { READ_TOKEN, startedPage } from './started-page.js'

interface Listener {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  heard(): string
  readonly ended: Promise<void>
  leave(): void
}

/** Over a connection of its own, as a browser's is. */
function listener(t: TestContext, url: string, cookie = ''): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/events`, { agent: false, headers: { cookie } }, (response) => {
      let heard = ''
      response.on('data', (chunk) => {
        heard += chunk
      })
      response.on('error', () => {})
      const ended = new Promise<void>((done) => response.once('close', done))
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, headers, heard: () => heard, ended, leave: () => asking.destroy() })
    })
    asking.once('error', reject)
    asking.end()
    t.after(() => asking.destroy())
  })
}

const CHANGE = 'event: change\ndata:\n\n'

test('tells of each change, and that it is still here', async (t) => {
  const { web, status, clock } = await startedPage(t)
  const [one, two] = [await listener(t, web.url), await listener(t, web.url)]
  assert.equal(one.status, 200)
  assert.equal(one.headers['content-type'], 'text/event-stream; charset=utf-8')
  assert.equal(one.headers['x-accel-buffering'], 'no')
  assert.equal(one.headers['cache-control'], 'no-store')

  status.change()
  status.change()
  await clock.advance(15_000)
  await clock.advance(15_000)
  const expected = `retry: 3000\n\n${CHANGE}${CHANGE}${': still here\n\n'.repeat(2)}`
  for (const { heard } of [one, two]) await eventually('all of it is heard', () => heard() === expected)
})

test('listens to the status while a browser does, and no longer', async (t) => {
  const { web, status } = await startedPage(t)
  assert.equal(status.listeners.size, 0)
  const one = await listener(t, web.url)
  const two = await listener(t, web.url)
  assert.equal(status.listeners.size, 1)
  one.leave()
  await one.ended
  status.change()
  await eventually('the other one hears', () => two.heard().includes(CHANGE))
  two.leave()
  await eventually('nobody listens', () => status.listeners.size === 0)
})

test('takes so many listeners and no more', async (t) => {
  const { web } = await startedPage(t)
  const all = await Promise.all(Array.from({ length: 200 }, () => listener(t, web.url)))
  assert.ok(all.every(({ status }) => status === 200))
  const late = await listener(t, web.url)
  assert.equal(late.status, 503)
  assert.equal(late.headers['retry-after'], '30')
  await late.ended

  all[0]?.leave()
  await eventually('there is room again', async () => (await listener(t, web.url)).status === 200)
})

test('ends with the session, and when the server stops', async (t) => {
  const { web, status, logIn, submit, get } = await startedPage(t, { readToken: READ_TOKEN })
  const [leaving, staying] = [await logIn(READ_TOKEN), await logIn(READ_TOKEN)]
  const [gone, kept] = [await listener(t, web.url, leaving), await listener(t, web.url, staying)]
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await (await get('/', leaving)).text()) ?? []
  await submit('/logout', { csrf }, leaving)
  status.change()
  await gone.ended
  assert.doesNotMatch(gone.heard(), /change/)
  await eventually('the other one hears', () => kept.heard().includes(CHANGE))

  await web.stop()
  await kept.ended
  assert.equal(status.listeners.size, 0)
})
