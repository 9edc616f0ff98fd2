import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { garSender } from '../../../src/watchers/webhooks/gar.js'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { signingKeys } from '../../../src/watchers/webhooks/signing-keys.js'
import { type ManualClock, manualClock } from '../../parts/manual-clock.js'
import { DIGEST } from './deliveries.js'

const HOST = 'europe-west3-docker.pkg.dev'
const ACCOUNT = 'pubsub@harbour.iam.gserviceaccount.com'
const AUDIENCE = 'https://tidemark.example.com/webhooks/google'
const lamp = { repository: { registry: HOST, path: 'harbour/team/lamp' }, tag: '2.7.1' }

/** Google's keys, in its place: https://www.googleapis.com/oauth2/v3/certs answers a set of RSA keys with `kid` and `alg`. */
async function keyServer(t: TestContext) {
  const published: Record<string, CryptoKey> = {}
  const state = { asked: 0, answer: undefined as { status: number; body?: string } | undefined }
  const server: Server = createServer(async (_request, response) => {
    state.asked += 1
    const keys = await Promise.all(
      Object.entries(published).map(async ([kid, key]) => ({
        ...(await exportJWK(key)),
        kid,
        alg: 'RS256',
        use: 'sig',
      })),
    )
    const { status, body = JSON.stringify({ keys }) } = state.answer ?? { status: 200 }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return {
    state,
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth2/v3/certs`),
    async newKey(kid: string) {
      const { publicKey, privateKey } = await generateKeyPair('RS256')
      published[kid] = publicKey
      return privateKey
    },
  }
}

async function setup(t: TestContext, registry?: string) {
  const server = await keyServer(t)
  const clock = manualClock()
  const keys = signingKeys({ url: server.url, proxies: { except: '' }, clock })
  const sender = garSender({ audience: AUDIENCE, serviceAccount: ACCOUNT, registry, keys, clock })
  return { server, clock, sender, key: await server.newKey('one') }
}

type Claims = Readonly<Record<string, unknown>>

function tokenOf(key: CryptoKey, clock: ManualClock, claims: Claims = {}, header: object = {}): Promise<string> {
  const seconds = Math.floor(clock.now() / 1_000)
  const usual = { iss: 'https://accounts.google.com', aud: AUDIENCE, email: ACCOUNT, email_verified: true }
  return new SignJWT({ ...usual, sub: '4711', iat: seconds, exp: seconds + 3_600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'JWT', ...header })
    .sign(key)
}

/** As Pub/Sub pushes a notification of Artifact Registry. */
function pushed(
  token: string | undefined,
  notification: unknown = { action: 'INSERT', tag: `${HOST}/harbour/team/lamp:2.7.1` },
): Delivery {
  const data = Buffer.from(typeof notification === 'string' ? notification : JSON.stringify(notification)).toString(
    'base64',
  )
  const body = {
    message: { data, messageId: '1', publishTime: '2026-03-04T05:06:07Z' },
    subscription: 'projects/harbour/subscriptions/tidemark',
  }
  return { headers: { authorization: token && `Bearer ${token}` }, body: Buffer.from(JSON.stringify(body)) }
}

test('reads the tag of a push, and acknowledges whatever else Google sends', async (t) => {
  const { sender, key, clock } = await setup(t)
  const token = await tokenOf(key, clock)
  const image = `${HOST}/harbour/team/lamp`
  const cases: [notification: unknown, expected: unknown][] = [
    [{ action: 'INSERT', digest: `${image}@${DIGEST}`, tag: `${image}:2.7.1` }, [lamp]],
    [{ action: 'INSERT', tag: `${image}:2.7.1` }, [lamp]],
    [{ action: 'INSERT', digest: `${image}@${DIGEST}` }, []],
    [{ action: 'DELETE', tag: `${image}:2.7.1` }, []],
    [{ action: 'INSERT', tag: image }, []],
    [{ action: 'INSERT', tag: 'https://10.0.0.7/lamp:1' }, []],
    [{ action: 'INSERT', tag: 7 }, []],
    ['nonsense', []],
    ['', []],
  ]
  for (const [notification, expected] of cases) {
    assert.deepEqual(await sender.read(pushed(token, notification)), expected, JSON.stringify(notification))
  }
  const bare = { headers: pushed(token).headers, body: Buffer.from('{ "message": {} }') }
  assert.deepEqual(await sender.read(bare), [])
  for (const body of ['', '[]', '{}', '{ "message": { "data": 7 } }']) {
    await assert.rejects(sender.read({ ...bare, body: Buffer.from(body) }), { code: 'INVALID_BODY' }, body)
  }
})

test('ignores registries other than the configured one', async (t) => {
  for (const [registry, expected] of [
    [HOST, [lamp]],
    ['us-docker.pkg.dev', []],
  ] as const) {
    const { sender, key, clock } = await setup(t, registry)
    assert.deepEqual(await sender.read(pushed(await tokenOf(key, clock))), expected)
  }
})

test('takes a token of Google for this account and audience only', async (t) => {
  const { sender, key, clock, server } = await setup(t)
  const seconds = Math.floor(clock.now() / 1_000)
  const right: Claims[] = [{}, { iss: 'accounts.google.com' }, { aud: [AUDIENCE, 'another'] }, { exp: seconds - 20 }]
  for (const claims of right) {
    assert.deepEqual(await sender.read(pushed(await tokenOf(key, clock, claims))), [lamp], JSON.stringify(claims))
  }

  const { privateKey: stranger } = await generateKeyPair('RS256')
  const another = await generateKeyPair('PS256')
  const token = await tokenOf(key, clock)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const wrong: [reason: string, token: string | undefined][] = [
    ['none', undefined],
    ['no token', 'abc'],
    ['issuer', await tokenOf(key, clock, { iss: 'https://accounts.example.com' })],
    ['audience', await tokenOf(key, clock, { aud: 'https://tidemark.example.com/webhooks/another' })],
    ['no audience', await tokenOf(key, clock, { aud: undefined })],
    ['account', await tokenOf(key, clock, { email: 'mallory@harbour.iam.gserviceaccount.com' })],
    ['no account', await tokenOf(key, clock, { email: undefined })],
    ['unverified account', await tokenOf(key, clock, { email_verified: false })],
    ['said to be verified', await tokenOf(key, clock, { email_verified: 'true' })],
    ['expired', await tokenOf(key, clock, { exp: seconds - 31 })],
    ['without end', await tokenOf(key, clock, { exp: undefined })],
    ['not yet', await tokenOf(key, clock, { nbf: seconds + 31 })],
    ["a stranger's key", await tokenOf(stranger, clock)],
    ['unknown key', await tokenOf(stranger, clock, {}, { kid: 'two' })],
    ['algorithm', await tokenOf(another.privateKey, clock, {}, { alg: 'PS256' })],
    ['unsigned', `${encoded({ alg: 'none', kid: 'one' })}.${payload}.${signature}`],
    ['another payload', `${header}.${encoded({ email: ACCOUNT })}.${signature}`],
    ['signature', `${header}.${payload}.${signature.slice(0, -4)}AAAA`],
  ]
  for (const [reason, token] of wrong) {
    const delivery = { ...pushed(token), body: Buffer.from('not JSON') }
    await assert.rejects(sender.read(delivery), { code: 'UNAUTHORIZED', retryable: false }, reason)
  }
  // For an unknown key they are not asked for again so soon.
  assert.equal(server.state.asked, 1)
})

test('asks for the keys once an hour, and for new ones at most twice a minute', async (t) => {
  const { sender, key, clock, server } = await setup(t)
  const read = async (signer: CryptoKey, kid: string) => sender.read(pushed(await tokenOf(signer, clock, {}, { kid })))
  await Promise.all([read(key, 'one'), read(key, 'one'), read(key, 'one')])
  assert.equal(server.state.asked, 1)

  const next = await server.newKey('two')
  await assert.rejects(read(next, 'two'), { code: 'UNAUTHORIZED' })
  await clock.advance(30_000)
  assert.deepEqual(await read(next, 'two'), [lamp])
  await assert.rejects(read(next, 'three'), { code: 'UNAUTHORIZED' })
  assert.equal(server.state.asked, 2)

  await clock.advance(3_599_999)
  await read(key, 'one')
  assert.equal(server.state.asked, 2)
  await clock.advance(1)
  await read(key, 'one')
  assert.equal(server.state.asked, 3)
})

test('wants an event again while there are no keys', async (t) => {
  const { sender, key, clock, server } = await setup(t)
  const answers: { status: number; body?: string }[] = [
    { status: 503 },
    { status: 302 },
    { status: 200, body: 'nonsense' },
    { status: 200, body: '{}' },
    { status: 200, body: `{"keys":[],"x":"${'x'.repeat(256 * 1024)}"}` },
  ]
  for (const answer of answers) {
    server.state.answer = answer
    const delivery = pushed(await tokenOf(key, clock))
    await assert.rejects(sender.read(delivery), { code: 'UNAVAILABLE', retryable: true }, JSON.stringify(answer.status))
  }
  server.state.answer = undefined
  assert.deepEqual(await sender.read(pushed(await tokenOf(key, clock))), [lamp])
})
