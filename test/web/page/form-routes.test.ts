import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADMIN_TOKEN, READ_TOKEN, startedPage } from './started-page.js'

const csrfIn = (page: string) => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''

async function loggedIn(t: Parameters<typeof startedPage>[0]) {
  const started = await startedPage(t)
  const cookie = await started.logIn()
  const csrf = csrfIn(await (await started.get('/policies/app', cookie)).text())
  return { ...started, cookie, csrf }
}

test('orders what a form says, and leads to a page that says so', async (t) => {
  const { get, submit, orders, cookie, csrf } = await loggedIn(t)
  const cases: [path: string, fields: Record<string, string>, order: unknown[], done: string][] = [
    ['/policies/app/poll', {}, ['poll', 'app', 'page'], 'A look at the repository is ordered.'],
    [
      '/policies/team%2Fapp/hold',
      { tag: ' 1.5.0 ', reason: 'leaks', until: '12h' },
      ['hold', 'team/app', { tag: '1.5.0', reason: 'leaks', until: '12h' }, 'page'],
      'It is held from now on.',
    ],
    [
      '/policies/app/hold',
      { tag: '', reason: 'x', until: ' ' },
      ['hold', 'app', { tag: undefined, reason: 'x', until: undefined }, 'page'],
      'It is held from now on.',
    ],
    ['/policies/app/release', {}, ['release', 'app', undefined, 'page'], 'It is released'],
    ['/policies/app/release', { tag: 'free' }, ['release', 'app', 'free', 'page'], 'There was nothing to release.'],
  ]
  for (const [path, fields, order, done] of cases) {
    const response = await submit(path, { ...fields, csrf }, cookie)
    assert.equal(response.status, 303)
    assert.deepEqual(orders.at(-1), order)
    const page = await (await get(response.headers.get('location') ?? '', cookie)).text()
    assert.ok(page.includes(done), done)
  }
})

test('gives a form back that cannot be taken, and keeps it until it is corrected', async (t) => {
  const { submit, orders, failures, cookie, csrf } = await loggedIn(t)
  const cases: [reason: string, status: number, error: string][] = [
    ['nothing', 422, 'Cannot hold for this reason: say why'],
    ['away', 503, 'Cannot reach queue'],
  ]
  for (const [reason, status, error] of cases) {
    const response = await submit('/policies/app/hold', { csrf, tag: '1.5.0', reason }, cookie)
    assert.equal(response.status, status)
    const page = await response.text()
    assert.ok(page.includes(error))
    assert.match(page, new RegExp(`name="tag" value="1.5.0"[^]*name="reason" value="${reason}"`))
    assert.doesNotMatch(page, /data-refresh/)
  }
  assert.equal((await submit('/policies/app/hold', { csrf, reason: 'defect' }, cookie)).status, 500)
  assert.deepEqual(orders, [])
  assert.deepEqual(failures, [{ path: '/policies/:name/hold', reason: 'of the inside' }])
})

test('orders nothing for anybody else', async (t) => {
  const tokens = { adminToken: ADMIN_TOKEN, readToken: READ_TOKEN }
  const { web, get, submit, orders, logIn } = await startedPage(t, tokens)
  const [admin, reader] = [await logIn(), await logIn(READ_TOKEN)]
  const csrf = csrfIn(await (await get('/', admin)).text())
  const readerCsrf = csrfIn(await (await get('/', reader)).text())
  const cases: [cookie: string, fields: Record<string, string>, status: number, error: string][] = [
    ['', {}, 303, ''],
    [reader, { csrf: readerCsrf }, 403, 'this token only allows to read'],
    [admin, {}, 403, 'it was not sent by a page of ours'],
    [admin, { csrf: readerCsrf }, 403, 'it was not sent by a page of ours'],
  ]
  for (const [cookie, fields, status, error] of cases) {
    const response = await submit('/policies/app/poll', fields, cookie)
    assert.equal(response.status, status)
    assert.ok((await response.text()).includes(error))
  }
  const foreign = await fetch(`${web.url}/policies/app/poll`, {
    method: 'POST',
    headers: { cookie: admin, origin: 'https://elsewhere.example.com' },
    body: new URLSearchParams({ csrf }),
  })
  assert.equal(foreign.status, 403)
  const json = await fetch(`${web.url}/policies/app/poll`, {
    method: 'POST',
    headers: { cookie: admin, 'content-type': 'application/json' },
    body: JSON.stringify({ csrf }),
  })
  assert.equal(json.status, 415)
  assert.equal((await submit('/policies/app/hold', { csrf, reason: 'x'.repeat(9_000) }, admin)).status, 413)
  assert.deepEqual(orders, [])
})
