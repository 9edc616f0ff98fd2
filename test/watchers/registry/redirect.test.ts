import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Answer, HttpRequest } from '../../../src/watchers/registry/http.js'
import { followRedirects, type Target } from '../../../src/watchers/registry/redirect.js'

const REQUEST: HttpRequest = {
  registry: 'registry.example.com',
  operation: 'manifest',
  action: 'Cannot test',
  method: 'GET',
  url: new URL('https://registry.example.com/v2/'),
  authorization: 'Basic x',
  maxBytes: 1,
  mayLeave: true,
  signal: new AbortController().signal,
}

/** Follows a redirect of a registry at a public address, which no test can have, and returns where each exchange went. */
async function follow(location: string, more: Partial<HttpRequest> = {}): Promise<readonly Target[]> {
  const targets: Target[] = []
  await followRedirects({ ...REQUEST, ...more }, async (target) => {
    targets.push(target)
    const redirect = { status: 307, headers: { location } }
    const answer = targets.length === 1 ? redirect : { status: 200, headers: {} }
    return {
      ...answer,
      body: Buffer.alloc(0),
      url: target.url,
      address: '93.184.216.34',
      asked: REQUEST,
    } satisfies Answer
  })
  return targets
}

it('leaves the authorization behind, and may reach public addresses only', async () => {
  const [, target] = await follow('https://storage.example.net/blob?signature=x')
  assert.deepEqual(
    [target?.url.host, target?.authorization, target?.reach],
    ['storage.example.net', undefined, 'public'],
  )
})

it('keeps the authorization within an origin', async () => {
  const [, target] = await follow('../v2/moved')
  assert.deepEqual([target?.url.pathname, target?.authorization, target?.reach], ['/v2/moved', 'Basic x', undefined])
})

it('returns the redirect of a POST as it is', async () => {
  assert.equal((await follow('https://other.example.com/', { method: 'POST' })).length, 1)
})

const REFUSED: readonly [location: string, message: string, more?: Partial<HttpRequest>][] = [
  ['http://registry.example.com/v2/', 'redirected to "http://registry.example.com/v2/", not HTTPS'],
  ['https://10.0.0.1/', '"https://10.0.0.1" is at a private address'],
  ['https://[::ffff:127.0.0.1]/', '"https://[::ffff:7f00:1]" is at a loopback address'],
  ['https://0x7f.1/', '"https://127.0.0.1" is at a loopback address'],
  ['https://localhost:5000/', '"https://localhost:5000" is at a loopback address'],
  ['https://registry.localhost./', '"https://registry.localhost." is at a loopback address'],
  ['https://other.example.com/x', 'redirected to "https://other.example.com/x", another host', { mayLeave: false }],
]
for (const [location, message, more] of REFUSED) {
  it(`refuses ${location}`, async () => {
    await assert.rejects(follow(location, more), { code: 'REFUSED_TARGET', message: `Cannot test: ${message}` })
  })
}
