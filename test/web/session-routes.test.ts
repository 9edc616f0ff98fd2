import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type startedForPeople as Started, startedForPeople, TOKENS } from './people.js'

type Ask = Awaited<ReturnType<typeof Started>>['ask']

/** Posts a form as a browser does. */
function form(
  ask: Ask,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
) {
  return ask(path, { method: 'POST', body: new URLSearchParams(fields), headers, token: '' })
}

function cookieIn(headers: Headers): string {
  return headers.get('set-cookie')?.split(';')[0] ?? ''
}

test('a right token opens a session, and logging out ends it', async (t) => {
  const { ask } = await startedForPeople(t)
  assert.equal((await ask('/api/v1/overview', { token: '' })).status, 401)

  const login = await form(ask, '/login', { token: TOKENS.readToken, next: '/policies/lamp?x=1' })
  assert.deepEqual([login.status, login.headers.get('location')], [303, '/policies/lamp?x=1'])
  assert.match(
    login.headers.get('set-cookie') ?? '',
    /^tidemark_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  const cookie = cookieIn(login.headers)
  assert.equal((await ask('/api/v1/overview', { token: '', headers: { cookie } })).status, 200)

  // Without the token of its forms, as another site would.
  const foreign = await form(ask, '/logout', {}, { cookie })
  assert.deepEqual([foreign.status, foreign.headers.get('set-cookie')], [303, null])
  const { status, text } = await ask('/', { token: '', headers: { cookie } })
  assert.equal(status, 200)

  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? []
  const logout = await form(ask, '/logout', { csrf }, { cookie })
  assert.match(logout.headers.get('set-cookie') ?? '', /^tidemark_session=; .*Max-Age=0$/)
  assert.equal((await ask('/api/v1/overview', { token: '', headers: { cookie } })).status, 401)
})

test('the cookie stays on https where the browser came by it', async (t) => {
  const { ask } = await startedForPeople(t)
  for (const [proto, isSecure] of [
    ['https', true],
    ['https, http', true],
    ['http', false],
    ['httpsx', false],
  ] as const) {
    const { headers } = await form(ask, '/login', { token: TOKENS.readToken }, { 'x-forwarded-proto': proto })
    assert.equal(/; Secure$/.test(headers.get('set-cookie') ?? ''), isSecure, proto)
  }
})

test('leads nowhere but to a path of ours', async (t) => {
  const { ask } = await startedForPeople(t)
  const nexts: readonly [next: string, leadsTo: string][] = [
    ['/', '/'],
    ['/policies/team%2Fbell', '/policies/team%2Fbell'],
    ['//evil.example.com', '/'],
    ['/\\evil.example.com', '/'],
    ['/a\\b', '/'],
    ['/\t/evil.example.com', '/'],
    ['https://evil.example.com', '/'],
    ['javascript:alert(1)', '/'],
    ['/a\r\nset-cookie: a=b', '/'],
    [`/${'a'.repeat(1_000)}`, '/'],
    ['', '/'],
  ]
  for (const [next, leadsTo] of nexts) {
    const { headers } = await form(ask, '/login', { token: TOKENS.readToken, next })
    assert.equal(headers.get('location'), leadsTo, next)
    const { text } = await ask(`/login?next=${encodeURIComponent(next)}`)
    assert.ok(text.includes(`value="${leadsTo}"`), next)
  }
})

test('shows the form again where the token is wrong, and says why', async (t) => {
  const { ask } = await startedForPeople(t)
  const wrong = await form(ask, '/login', { token: '<b>made-up</b>', next: '/branches' })
  assert.deepEqual([wrong.status, wrong.headers.get('set-cookie')], [401, null])
  assert.match(wrong.text, /wrong token/)
  assert.match(wrong.text, /value="\/branches"/)
  assert.doesNotMatch(wrong.text, /made-up/)
  assert.match(wrong.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(wrong.headers.get('content-security-policy') ?? '', /default-src 'none'.*form-action 'self'/)

  const foreign = await form(ask, '/login', { token: TOKENS.adminToken }, { origin: 'https://evil.example.com' })
  assert.deepEqual([foreign.status, foreign.headers.get('set-cookie')], [403, null])
  for (let count = 1; count < 10; count += 1) await form(ask, '/login', { token: `wrong-${count}` })
  const limited = await form(ask, '/login', { token: TOKENS.adminToken })
  assert.deepEqual([limited.status, limited.headers.get('set-cookie')], [429, null])
})

test('takes forms of a browser only', async (t) => {
  const { ask } = await startedForPeople(t)
  const others: readonly [RequestInit, status: number][] = [
    [{ method: 'POST', body: JSON.stringify(TOKENS), headers: { 'content-type': 'application/json' } }, 415],
    [{ method: 'POST', body: new FormData() }, 415],
    [{ method: 'POST' }, 401],
    [{ method: 'POST', body: new URLSearchParams({ token: 'x'.repeat(9_000) }) }, 413],
  ]
  for (const [init, status] of others) assert.equal((await ask('/login', { ...init, token: '' })).status, status)
})
