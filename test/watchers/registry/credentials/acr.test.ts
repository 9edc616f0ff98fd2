import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { DEFAULT_BOUNDS } from '../../../../src/watchers/registry/bounds.js'
import { askAcr } from '../../../../src/watchers/registry/credentials/acr.js'
import type { Http } from '../../../../src/watchers/registry/http.js'
import { httpClient } from '../../../../src/watchers/registry/http-client.js'
import { manualClock } from '../../../parts/manual-clock.js'
import { json, type OddAnswer, type OddServer, startOddServer } from '../odd-server.js'

const { signal } = new AbortController()
const HOST = 'shop.azurecr.io'
const EXP = Date.UTC(2026, 10, 20, 15) / 1_000
const REFRESH = `x.${Buffer.from(JSON.stringify({ exp: EXP })).toString('base64url')}.x`
const EXCHANGED: OddAnswer = (_, response) => json(response, { refresh_token: REFRESH })

const clock = manualClock()
const environment = { ...process.env }
/** A managed identity as Azure App Service gives it, version 2019-08-01 of its REST protocol. */
let azure: OddServer
/** A registry's `/oauth2/exchange` as the Azure/acr project's docs/AAD-OAuth.md has it. */
let registry: OddServer
let exchange: OddAnswer
let http: Http

before(async () => {
  azure = await startOddServer((request, response, message) => {
    const { searchParams } = new URL(request.path, 'http://127.0.0.1')
    if (message.headers['x-identity-header'] !== 'made-up') return void response.writeHead(403).end()
    const resource = searchParams.get('resource')
    json(response, {
      access_token: `azure-${resource}`,
      resource,
      expires_on: String(Math.floor(Date.now() / 1_000) + 86_400),
      token_type: 'Bearer',
    })
  })
  registry = await startOddServer((...given) => exchange(...given))
  http = httpClient({
    clock,
    bounds: DEFAULT_BOUNDS,
    userAgent: 'test',
    accessTo: () => ({ origin: 'https://registry.example.com' }),
    proxies: { except: '' },
  })
  for (const name of Object.keys(process.env)) if (name.startsWith('AZURE_')) delete process.env[name]
  Object.assign(process.env, { IDENTITY_ENDPOINT: `${azure.url}/identity`, IDENTITY_HEADER: 'made-up' })
})
beforeEach(() => {
  exchange = EXCHANGED
})
after(async () => {
  process.env = environment
  http.stop()
  await azure.stop()
  await registry.stop()
})

const ask = (host = HOST) => askAcr(host, registry.url, { http, clock, bounds: DEFAULT_BOUNDS }, signal)

describe("Azure's registry", () => {
  it("gives its refresh token for Azure's token", async () => {
    assert.deepEqual(await ask(), {
      credential: {
        kind: 'identity',
        token: REFRESH,
        username: '00000000-0000-0000-0000-000000000000',
        password: REFRESH,
      },
      expiresAt: EXP * 1_000,
    })
    const { method, path, body } = registry.requests.at(-1) ?? {}
    assert.deepEqual([method, path], ['POST', '/oauth2/exchange'])
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      grant_type: 'access_token',
      service: HOST,
      access_token: 'azure-https://containerregistry.azure.net',
    })
  })

  const CLOUDS: readonly [host: string, audience: string][] = [
    ['shop.azurecr.cn', 'https://management.core.chinacloudapi.cn'],
    ['shop.azurecr.us', 'https://management.core.usgovcloudapi.net'],
  ]
  for (const [host, audience] of CLOUDS) {
    it(`wants a token for ${audience} at ${host}`, async () => {
      await ask(host)
      const sent = new URLSearchParams(registry.requests.at(-1)?.body)
      assert.equal(sent.get('access_token'), `azure-${audience}`)
    })
  }

  const FAILING: readonly [name: string, answer: OddAnswer, expected: object][] = [
    [
      'refuses',
      (_, response) => response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"no AcrPull"}]}'),
      {
        code: 'UNAUTHORIZED',
        message: `Cannot log in to "${HOST}" with Azure's token: registry answered 401 (no AcrPull; asked with the configured credentials)`,
      },
    ],
    ['gives nothing', (_, response) => json(response, {}), { message: 'the registry gave no refresh token' }],
    [
      'leads elsewhere',
      (_, response) => response.writeHead(307, { location: azure.url }).end(),
      { code: 'INVALID_ANSWER' },
    ],
  ]
  for (const [name, answer, expected] of FAILING) {
    it(`fails where it ${name}`, async () => {
      exchange = answer
      await assert.rejects(ask(), expected)
    })
  }

  it('may give a token that does not say when it expires', async () => {
    exchange = (_, response) => json(response, { refresh_token: 'opaque' })
    assert.equal((await ask()).expiresAt, undefined)
  })

  for (const host of ['ghcr.io', 'azurecr.io.example.com', 'shop.azurecr.io:80']) {
    it(`is not ${host}`, async () => {
      await assert.rejects(ask(host), { message: `"${host}" is not a registry of Azure's` })
    })
  }
})
