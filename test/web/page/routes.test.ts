import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobsError } from '../../../src/jobs/errors.js'
import { READ_TOKEN, startedPage } from './started-page.js'

test('serves every page, which loads nothing but what is ours', async (t) => {
  const { get } = await startedPage(t)
  const cases: [path: string, title: string][] = [
    ['/', 'All 2 policies follow'],
    ['/?q=team&state=held', 'All 2 policies follow'],
    ['/policies/team%2Fapp', 'team/app'],
    ['/registries', 'Registries'],
    ['/branches', 'Git branches'],
    ['/queues', 'Queues'],
    ['/login', 'Log in'],
  ]
  for (const [path, title] of cases) {
    const response = await get(path)
    assert.equal(response.status, 200, path)
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const directive of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      assert.ok(policy.includes(directive), directive)
    }
    assert.doesNotMatch(policy, /unsafe|\*|https?:/)
    const page = await response.text()
    assert.match(page, new RegExp(`<title>${title} · Tidemark</title>`))
    assert.doesNotMatch(page, / style=| on[a-z]+=|<style|<script>/)
    for (const [, address = ''] of page.matchAll(/(?:src|rel="(?:icon|stylesheet)"[^>]*href)="([^"]*)"/g)) {
      assert.match(address, /^\/assets\//)
    }
  }
})

test('serves what pages load, to be kept for good', async (t) => {
  const { get } = await startedPage(t, { readToken: READ_TOKEN })
  const page = await (await get('/login')).text()
  const assets = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  assert.equal(assets.length, 2)
  for (const path of assets) {
    const response = await get(path)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('cache-control') ?? '', /immutable/)
    assert.match(response.headers.get('content-type') ?? '', path.endsWith('.css') ? /^text\/css/ : /^image\/svg/)
  }
})

test('sends whoever may not read to the login, and back', async (t) => {
  const { get, logIn } = await startedPage(t, { readToken: READ_TOKEN })
  for (const path of ['/', '/policies/app?x=1', '/queues']) {
    const response = await get(path)
    assert.equal(response.status, 303)
    assert.equal(response.headers.get('location'), `/login?next=${encodeURIComponent(path)}`)
    assert.equal(await response.text(), '')
  }
  assert.equal((await get('/events')).status, 401)

  const page = await (await get('/', await logIn(READ_TOKEN))).text()
  assert.match(page, /action="\/logout"/)
})

test('asks in place for what the address asks for', async (t) => {
  const { get } = await startedPage(t)
  const cases: [path: string, refresh: string][] = [
    ['/', '/'],
    ['/?state=held&q=a&x=1', '/?q=a&amp;state=held'],
    ['/policies/team%2Fapp?x=1', '/policies/team%2Fapp'],
    ['/policies/app?done=held', '/policies/app?done=held'],
    ['/queues?x=1', '/queues'],
  ]
  for (const [path, refresh] of cases) {
    const [, found] = /data-refresh="([^"]*)"/.exec(await (await get(path)).text()) ?? []
    assert.equal(found, refresh)
  }
})

test('answers with a page where there is none, or where it cannot be had', async (t) => {
  const { get, status, failures } = await startedPage(t)
  const unknown = await get('/policies/%3Cb%3E')
  assert.equal(unknown.status, 404)
  assert.match(await unknown.text(), /Cannot find policy &quot;&lt;b&gt;&quot;/)

  status.overview = () => Promise.reject(new JobsError('UNAVAILABLE', 'redis at 10.1.2.3', { retryable: true }))
  const away = await get('/')
  assert.equal(away.status, 503)
  assert.match(away.headers.get('content-security-policy') ?? '', /script-src 'self'/)
  assert.doesNotMatch(await away.text(), /10\.1\.2\.3/)

  status.overview = () => Promise.reject(new TypeError('of the inside'))
  const broken = await get('/')
  assert.equal(broken.status, 500)
  assert.doesNotMatch(await broken.text(), /of the inside/)
  assert.deepEqual(failures, [{ path: '/', reason: 'of the inside' }])
})

test('asks for no tags any more once a browser has left', async (t) => {
  const { web, status } = await startedPage(t)
  const asked = deferred()
  const left = deferred()
  status.policy = (_name, signal) => {
    asked.resolve()
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        left.resolve()
        reject(signal.reason)
      })
    })
  }
  const browser = new AbortController()
  const answer = fetch(`${web.url}/policies/app`, { signal: browser.signal })
  await asked.promise
  browser.abort()
  await assert.rejects(answer, { name: 'AbortError' })
  await left.promise
})

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('says of what was done only what there is to say', async (t) => {
  const { get, failures } = await startedPage(t)
  for (const [done, expected] of [
    ['held', /role="status"/],
    ['__proto__', undefined],
    ['constructor', undefined],
    ['nothing', undefined],
  ] as const) {
    const response = await get(`/policies/app?done=${done}`)
    assert.equal(response.status, 200, done)
    const page = await response.text()
    if (expected === undefined) assert.doesNotMatch(page, /role="status"/, done)
    else assert.match(page, expected)
  }
  assert.deepEqual(failures, [])
})

test('answers at once who asks for the head of what changes', async (t) => {
  const { web } = await startedPage(t)
  const response = await fetch(`${web.url}/events`, { method: 'HEAD', signal: AbortSignal.timeout(5_000) })
  assert.equal(response.status, 404)
})
