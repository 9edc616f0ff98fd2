import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { redirectOf, type Target } from '../../../../src/updaters/git/transports/redirect.js'
import { gitError } from '../scene.js'

const CONFIGURED: Target = {
  url: new URL('https://git.example.com/fleet.git/info/refs'),
  trusted: true,
  reach: undefined,
}

/** Where a server at an address sends us, which may be one that no test can have. */
function follow(location: string, address: string | undefined, from = CONFIGURED, status = 301): Target | undefined {
  const answer = { hop: from, status, statusText: '', headers: { location }, body: Readable.from([]), address }
  return redirectOf(answer, from)
}

const FOLLOWED: readonly [
  location: string,
  address: string | undefined,
  expected: [string, boolean, string | undefined],
][] = [
  ['/moved.git/info/refs', '93.184.216.34', ['https://git.example.com/moved.git/info/refs', true, undefined]],
  ['https://me:secret@git.example.com/x', '93.184.216.34', ['https://git.example.com/x', true, undefined]],
  ['https://git.example.com:8443/x', '93.184.216.34', ['https://git.example.com:8443/x', false, 'public']],
  ['https://other.example.com/x', '10.0.0.1', ['https://other.example.com/x', false, 'private']],
  ['https://10.0.0.2/x', '10.0.0.1', ['https://10.0.0.2/x', false, 'private']],
  ['https://127.0.0.1:8443/x', '127.0.0.1', ['https://127.0.0.1:8443/x', false, 'loopback']],
  ['https://other.example.com/x', undefined, ['https://other.example.com/x', false, 'public']],
]
for (const [location, address, expected] of FOLLOWED)
  test(`${address} may send us to ${location}`, () => {
    const target = follow(location, address)
    assert.deepEqual([target?.url.href, target?.trusted, target?.reach], expected)
  })

const REFUSED: readonly [location: string, address: string | undefined, message: RegExp][] = [
  [
    'https://169.254.169.254/latest/meta-data',
    '127.0.0.1',
    /"https:\/\/169\.254\.169\.254", which is at a reserved address$/,
  ],
  ['https://[fe80::1]/', '10.0.0.1', /reserved address$/],
  ['https://10.0.0.1/', '93.184.216.34', /private address$/],
  ['https://0x7f.1/', '93.184.216.34', /"https:\/\/127\.0\.0\.1", which is at a loopback address$/],
  ['https://localhost/', '10.0.0.1', /loopback address$/],
  ['https://10.0.0.1/', undefined, /private address$/],
  ['http://git.example.com/', '93.184.216.34', /not safe to follow$/],
  ['ssh://git.example.com/', '93.184.216.34', /not safe to follow$/],
  ['https://[x', '93.184.216.34', /what is no URL$/],
]
for (const [location, address, message] of REFUSED)
  test(`${address} may not send us to ${location}`, () => {
    assert.throws(() => follow(location, address), gitError('INVALID_ANSWER', false, message))
  })

test('who is not the configured server neither gets trust back nor reaches further', () => {
  const elsewhere: Target = { url: new URL('https://other.example.com/x'), trusted: false, reach: 'public' }
  const back = follow('https://git.example.com/x', '10.0.0.1', elsewhere)
  assert.deepEqual([back?.trusted, back?.reach], [false, 'public'])
  assert.equal(follow('/y', '10.0.0.1', elsewhere)?.trusted, false)
  assert.throws(() => follow('https://10.0.0.1/', '10.0.0.1', elsewhere), gitError('INVALID_ANSWER', false))
})

test('only some answers send elsewhere', () => {
  for (const status of [301, 302, 307, 308])
    assert.ok(follow('https://git.example.com/x', undefined, CONFIGURED, status))
  for (const status of [200, 303, 304, 404])
    assert.equal(follow('https://git.example.com/x', undefined, CONFIGURED, status), undefined)
})
