import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { genericSender } from '../src/watchers/webhooks/generic.js'
import { startWeb } from '../src/web/server.js'
import { eventually } from '../test/parts/eventually.js'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { startProcess } from '../test/parts/process.js'
import { steadyWebhooks } from './parts/steady-webhooks.js'
import { loadByWrk } from './parts/wrk.js'

/**
 * Signed webhooks accepted per second, beside a bare `node:http` server that reads the body, computes the same HMAC and
 * does nothing else. Each is a process of its own and `wrk` loads them in turns, because the ratio within a run holds on any
 * machine and absolute numbers do not. Then 5,000 a second at the running service. Run with `node --import tsx benchmarks/webhooks.ts`;
 * needs `wrk`, `docker-registry`, `redis-server` and the built program: `npm run build`.
 */

const SECRET = 'benchmark-secret'
const BODY = JSON.stringify({ image: 'ghcr.io/harbour/lamp', tag: '2.7.1' })
const ROUNDS = 5
const SECONDS = 2
const CONNECTIONS = 32

const servers: Record<string, () => Promise<string>> = { tidemark, bare }
const [, , only] = process.argv

if (only === undefined) {
  await compare()
  await steadyWebhooks()
} else console.log(await servers[only]?.())

async function compare(): Promise<void> {
  const folder = await temporaryFolder('benchmark')
  const self = fileURLToPath(import.meta.url)
  const started = Object.keys(servers).map((name) => startProcess(process.execPath, ['--import', 'tsx', self, name]))
  try {
    const script = join(folder, 'post.lua')
    await writeFile(script, luaScript())
    const urls = await Promise.all(
      started.map((server) => eventually('the server prints its address', () => /http:\S+/.exec(server.output())?.[0])),
    )
    const rates: number[][] = urls.map(() => [])
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, url] of urls.entries())
        rates[index]?.push(await loadByWrk(url, { connections: CONNECTIONS, seconds: SECONDS, script }))
    }
    const [ours = Number.NaN, bare = Number.NaN] = rates.map(median)
    console.log(
      `tidemark  ${ours.toFixed(0)} accepted/s   bare node:http  ${bare.toFixed(0)}/s   ratio ${(ours / bare).toFixed(2)}`,
    )
  } finally {
    await Promise.all(started.map((server) => server.stop()))
    await removeFolder(folder)
  }
}

function luaScript(): string {
  return [
    'wrk.method = "POST"',
    `wrk.body = [[${BODY}]]`,
    'wrk.headers["Content-Type"] = "application/json"',
    `wrk.headers["X-Signature"] = "sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}"`,
  ].join('\n')
}

async function tidemark(): Promise<string> {
  const { url } = await startWeb({
    host: '127.0.0.1',
    port: 0,
    webhooks: new Map([
      ['ci', { sender: genericSender({ secret: SECRET }), requestsPerSecond: Number.POSITIVE_INFINITY }],
    ]),
    hint: async () => 1,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    ready: async () => [],
  })
  return `${url}/webhooks/ci`
}

async function bare(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const signature = createHmac('sha256', SECRET).update(Buffer.concat(chunks)).digest('hex')
      response.writeHead(request.headers['x-signature'] === `sha256=${signature}` ? 202 : 401).end('{"queued":1}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
