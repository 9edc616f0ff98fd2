import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Access, type AccessRules, accessOf, type Visitor } from '../../src/web/access.js'
import { SESSION_COOKIE, type Session } from '../../src/web/sessions.js'
import { type ManualClock, manualClock } from '../parts/manual-clock.js'

const BOTH: AccessRules = { readToken: 'the-token-to-read', adminToken: 'the-token-to-operate' }
const DAY_MS = 86_400_000

function opened(tokens: AccessRules | (() => AccessRules), clock: ManualClock = manualClock()): Access {
  return accessOf({ rules: typeof tokens === 'function' ? tokens : () => tokens, clock })
}

function visitor(headers: Visitor['headers'] = {}, ip = '192.0.2.1'): Visitor {
  return { headers: { host: 'tidemark.example.com', ...headers }, ip }
}

function bearing(token: string, ip?: string): Visitor {
  return visitor({ authorization: `Bearer ${token}` }, ip)
}

function browser({ id }: Session, headers: Visitor['headers'] = {}): Visitor {
  return visitor({ cookie: `theme=dark; ${SESSION_COOKIE}=${id}`, ...headers })
}

function loggedIn(access: Access, token: string): Session {
  const session = access.login(visitor(), token)
  assert.ok('id' in session)
  return session
}

const { readToken = '', adminToken = '' } = BOTH

/** The status, or "may". */
const RIGHTS: readonly [
  title: string,
  tokens: AccessRules,
  asks: Visitor,
  read: number | 'may',
  operate: number | 'may',
][] = [
  ['nobody, without tokens', {}, visitor(), 'may', 403],
  ['who bears anything, without tokens', {}, bearing('anything'), 'may', 403],
  ['nobody, with an admin token', { adminToken }, visitor(), 'may', 401],
  ['the admin, with no read token', { adminToken }, bearing(adminToken), 'may', 'may'],
  ['nobody, with a read token', { readToken }, visitor(), 401, 403],
  ['the reader, with no admin token', { readToken }, bearing(readToken), 'may', 403],
  ['nobody', BOTH, visitor(), 401, 401],
  ['the reader', BOTH, bearing(readToken), 'may', 403],
  ['the admin', BOTH, bearing(adminToken), 'may', 'may'],
  ['a stranger', BOTH, bearing('the-token-to-reae'), 401, 401],
  ['who bears a part of the token', BOTH, bearing(adminToken.slice(0, -1)), 401, 401],
  ['another scheme', BOTH, visitor({ authorization: `Basic ${adminToken}` }), 401, 401],
  ['a scheme in capitals', BOTH, visitor({ authorization: `BEARER ${adminToken}` }), 'may', 'may'],
  ['an empty token', BOTH, visitor({ authorization: 'Bearer ' }), 401, 401],
  ['a cookie that means nothing', BOTH, visitor({ cookie: `${SESSION_COOKIE}=${adminToken}` }), 401, 401],
]

for (const [title, tokens, asks, read, operate] of RIGHTS) {
  test(`what may be done by ${title}`, () => {
    const access = opened(tokens)
    assert.equal(access.deny(asks, 'read')?.status ?? 'may', read)
    assert.equal(access.reader(asks), read === 'may')
    assert.equal(access.deny(asks, 'operate')?.status ?? 'may', operate)
    const isStranger = !access.isNamedRight(asks)
    assert.equal(isStranger, tokens.readToken === undefined)
    assert.equal(access.hasOperations(), tokens.adminToken !== undefined)
  })
}

test('says how operations are turned on, and never a token', () => {
  assert.match(opened({ readToken }).deny(visitor(), 'operate')?.error ?? '', /server\.adminToken/)
  const access = opened(BOTH)
  const denials = [visitor(), bearing(readToken), bearing('made-up-and-wrong')].map((one) =>
    access.deny(one, 'operate'),
  )
  for (const denial of denials) assert.doesNotMatch(JSON.stringify(denial), /the-token|made-up/)
})

test('a session reads and its forms operate, but the API takes no cookie for an order', () => {
  const access = opened(BOTH)
  const session = loggedIn(access, adminToken)
  const asks = browser(session)
  assert.equal(access.reader(asks), true)
  assert.equal(access.admin(asks), true)
  assert.equal(access.deny(asks, 'operate')?.status, 401)
  assert.equal(access.denyPost(asks, access.csrfToken(session)), undefined)
})

test('a session of the read token only reads', () => {
  const access = opened(BOTH)
  const session = loggedIn(access, readToken)
  assert.equal(access.reader(browser(session)), true)
  assert.equal(access.admin(browser(session)), false)
  assert.equal(access.denyPost(browser(session), access.csrfToken(session))?.status, 403)
})

test('takes no form without the token of its own session, from elsewhere, or of nobody', () => {
  const access = opened(BOTH)
  const [session, other] = [loggedIn(access, adminToken), loggedIn(access, adminToken)]
  assert.notEqual(session.id, other.id)
  const csrf = access.csrfToken(session)
  const refused: readonly [Visitor, unknown][] = [
    [browser(session), undefined],
    [browser(session), ''],
    [browser(session), access.csrfToken(other)],
    [browser(session), [csrf]],
    [browser(session, { 'sec-fetch-site': 'cross-site' }), csrf],
    [browser(session, { 'sec-fetch-site': 'same-site' }), csrf],
    [browser(session, { origin: 'https://evil.example.com' }), csrf],
    [browser(session, { origin: 'null' }), csrf],
  ]
  for (const [asks, shown] of refused) assert.equal(access.denyPost(asks, shown)?.status, 403)
  assert.equal(access.denyPost(visitor(), csrf)?.status, 401)
  assert.equal(opened({}).denyPost(browser(session), csrf)?.status, 403)
  assert.equal(access.denyPost(browser(session, { origin: 'https://tidemark.example.com' }), csrf), undefined)
})

test('nobody is logged in from another site, nor without a token', () => {
  const access = opened(BOTH)
  const refusals = [
    access.login(visitor({ 'sec-fetch-site': 'cross-site' }), adminToken),
    access.login(visitor({ origin: 'https://evil.example.com' }), adminToken),
    access.login(visitor(), undefined),
    access.login(visitor(), 'made-up'),
    opened({}).login(visitor(), ''),
  ]
  assert.deepEqual(
    refusals.map((refusal) => 'status' in refusal && refusal.status),
    [403, 403, 401, 401, 401],
  )
})

test('a session ends by logging out, when it is not used for a day, and after a month', async () => {
  const clock = manualClock()
  const access = opened(BOTH, clock)
  const [ended, unused, kept] = [1, 2, 3].map(() => loggedIn(access, readToken)) as [Session, Session, Session]
  assert.equal(access.logout(browser(ended), unused.csrf), false)
  assert.equal(access.logout(browser(ended, { 'sec-fetch-site': 'cross-site' }), ended.csrf), false)
  assert.equal(access.sessionOf(browser(ended)), ended)
  assert.equal(access.logout(browser(ended), ended.csrf), true)
  assert.equal(access.logout(browser(ended), ended.csrf), false)
  assert.deepEqual(
    [ended, unused, kept].map((one) => access.sessionOf(browser(one))),
    [undefined, unused, kept],
  )

  await clock.advance(DAY_MS - 1)
  assert.equal(access.sessionOf(browser(kept)), kept)
  await clock.advance(2)
  assert.deepEqual(
    [unused, kept].map((one) => access.sessionOf(browser(one))),
    [undefined, kept],
  )

  for (let day = 1; day < 30; day += 1) {
    assert.equal(access.reader(browser(kept)), true, `day ${day}`)
    await clock.advance(DAY_MS - 1)
  }
  await clock.advance(DAY_MS - 1)
  assert.equal(access.reader(browser(kept)), false)
})

test('keeps the thousand sessions that were used last', () => {
  const access = opened(BOTH)
  const [first, second] = [loggedIn(access, readToken), loggedIn(access, readToken)]
  for (let count = 2; count < 1_000; count += 1) loggedIn(access, readToken)
  assert.equal(access.sessionOf(browser(first)), first)
  loggedIn(access, readToken)
  assert.equal(access.sessionOf(browser(second)), undefined)
  assert.equal(access.sessionOf(browser(first)), first)
})

test('a token that is replaced ends what it opened', () => {
  let tokens = BOTH
  const access = opened(() => tokens)
  const [reader, admin] = [loggedIn(access, readToken), loggedIn(access, adminToken)]
  tokens = { ...BOTH, adminToken: 'another-token-to-operate' }
  assert.equal(access.sessionOf(browser(admin)), undefined)
  assert.equal(access.denyPost(browser(admin), admin.csrf)?.status, 401)
  assert.equal(access.deny(bearing(adminToken), 'operate')?.status, 401)
  assert.equal(access.reader(browser(reader)), true)
  // The new admin token has the right that the old one had, and the reader's stays a reader.
  assert.equal(access.admin(browser(reader)), false)
})

test('ten wrong tokens of an address are looked at each minute, and then none, right or wrong', async () => {
  const clock = manualClock()
  const access = opened(BOTH, clock)
  const session = loggedIn(access, adminToken)
  for (let count = 0; count < 5; count += 1) {
    assert.equal(access.deny(bearing(`wrong-${count}`), 'read')?.status, 401)
    assert.ok('status' in access.login(visitor(), `wrong-${count}`))
  }
  const spent = access.login(visitor(), adminToken)
  assert.equal('status' in spent && spent.status, 429)
  assert.equal(access.deny(bearing(adminToken), 'operate')?.status, 429)
  assert.equal(access.deny(bearing(adminToken, '192.0.2.2'), 'operate'), undefined)
  assert.equal(access.admin(browser(session)), true)
  await clock.advance(60_000)
  assert.equal(access.deny(bearing(adminToken), 'operate'), undefined)
})

const NETWORKS: readonly [one: string, other: string, areOne: boolean][] = [
  ['2001:db8::1', '2001:db8:0:0:ffff::2', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['::1', '::ffff:1:2', true],
  ['fe80::1%eth0', 'fe80::2', true],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ['192.0.2.1', '192.0.2.2', false],
]

for (const [one, other, areOne] of NETWORKS) {
  test(`${one} and ${other} are ${areOne ? 'one network' : 'two'}`, () => {
    const access = opened(BOTH)
    for (let count = 0; count < 10; count += 1) access.deny(bearing('wrong', one), 'read')
    assert.equal(access.deny(bearing(readToken, other), 'read')?.status, areOne ? 429 : undefined)
  })
}
