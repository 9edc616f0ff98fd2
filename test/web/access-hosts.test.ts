import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { startedForPeople, TOKENS } from './people.js'
import { PATH_SECRET } from './started-web.js'

/** The status of a request that names the server so. */
async function statusAt(url: string, path: string, host: string, method = 'GET'): Promise<number | undefined> {
  const asked = request(`${url}${path}`, { method, headers: { host } }).end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

const NAMES = { names: ['tidemark.example.com'] }

test('answers under no name of a stranger what everybody on this machine may read', async (t) => {
  const { web } = await startedForPeople(t, NAMES)
  for (const path of ['/api/v1/overview', '/api/v1/openapi.json', '/login', '/nothing-here']) {
    assert.equal(await statusAt(web.url, path, 'evil.example.com:8080'), 421, path)
  }
  for (const host of ['127.0.0.1', 'localhost:1', 'tidemark.example.com']) {
    assert.equal(await statusAt(web.url, '/api/v1/overview', host), 200, host)
  }
})

test('answers machines under any name', async (t) => {
  const { web } = await startedForPeople(t, NAMES)
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    assert.equal(await statusAt(web.url, path, 'tidemark.internal'), 200, path)
  }
  assert.equal(await statusAt(web.url, '/webhooks/ci', 'tidemark.internal', 'POST'), 401)
  // It is understood: there is no event in it.
  assert.equal(await statusAt(web.url, `/webhooks/hub/${PATH_SECRET}`, 'tidemark.internal', 'POST'), 400)
})

test('answers under any name where reading needs a token, or where others reach it', async (t) => {
  const closed = await startedForPeople(t, TOKENS)
  assert.equal(await statusAt(closed.web.url, '/api/v1/overview', 'evil.example.com'), 401)
  const open = await startedForPeople(t, {}, { host: '0.0.0.0' })
  const { port } = new URL(open.web.url)
  assert.equal(await statusAt(`http://127.0.0.1:${port}`, '/api/v1/overview', 'tidemark.internal'), 200)
})
