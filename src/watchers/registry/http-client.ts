import http from 'node:http'
import https from 'node:https'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Clock } from '../../lifecycle/clock.js'
import { guardedLookup, type Reach } from './address.js'
import type { Bounds } from './bounds.js'
import { exchangeClient, type RawAnswer } from './exchange.js'
import { exchangeError, systemCodeOf } from './failure.js'
import type { Answer, Http, HttpRequest, RequestRecord } from './http.js'
import { createPace, type Pace } from './pace.js'
import { followRedirects, type Target } from './redirect.js'

export interface HttpClientOptions {
  readonly clock: Clock
  readonly bounds: Bounds
  readonly userAgent: string
  readonly onRequest?: ((record: RequestRecord) => void) | undefined
  /** How often a registry may be asked. Absent: as often as one likes. */
  readonly requestsPerSecond?: ((registry: string) => number) | undefined
}

const CONNECTIONS_PER_HOST = 8

const inflate = promisify(gunzip)

export function httpClient(options: HttpClientOptions): Http {
  const { clock, bounds, userAgent, onRequest, requestsPerSecond = () => Number.POSITIVE_INFINITY } = options
  const client = exchangeClient({ clock, bounds, headers: { 'user-agent': userAgent, 'accept-encoding': 'gzip' } })
  const pools = new Map<Reach | undefined, Pool>()
  const paces = new Map<string, Pace>()

  const paceOf = (registry: string): Pace => {
    let pace = paces.get(registry)
    if (pace === undefined) {
      pace = createPace(() => requestsPerSecond(registry), clock)
      paces.set(registry, pace)
    }
    return pace
  }

  /** One pool per reach, so that a connection is never used under a stricter rule than it was opened under. */
  const poolFor = (reach: Reach | undefined): Pool => {
    let pool = pools.get(reach)
    if (pool === undefined) {
      pool = createPool(reach)
      pools.set(reach, pool)
    }
    return pool
  }

  const exchange = async (request: HttpRequest, target: Target): Promise<Answer> => {
    const { url, authorization, reach } = target
    const pool = poolFor(reach)
    await paceOf(request.registry).next(request.signal)
    const startedAt = clock.now()
    let code = ''
    try {
      const { data } = await client.request<RawAnswer>({
        method: request.method,
        url: url.href,
        headers: { ...request.headers, ...(authorization !== undefined && { authorization }) },
        maxContentLength: request.maxBytes,
        signal: request.signal,
        ...(url.protocol === 'https:' ? { httpsAgent: pool.https } : { httpAgent: pool.http }),
        ...(request.body !== undefined && { data: request.body }),
      })
      code = String(data.status)
      return { ...data, body: await inflated(data, request.maxBytes), url }
    } catch (error) {
      code ||= systemCodeOf(error)
      request.signal.throwIfAborted()
      throw exchangeError(request.action, url, error)
    } finally {
      const { registry, operation } = request
      onRequest?.({ registry, operation, code, durationMs: clock.now() - startedAt })
    }
  }

  return {
    send: (request) => followRedirects(request, (target) => exchange(request, target)),
    stop() {
      for (const pool of pools.values()) {
        pool.http.destroy()
        pool.https.destroy()
      }
    },
  }
}

interface Pool {
  readonly http: http.Agent
  readonly https: https.Agent
}

function createPool(reach: Reach | undefined): Pool {
  const options = {
    keepAlive: true,
    maxSockets: CONNECTIONS_PER_HOST,
    ...(reach !== undefined && { lookup: guardedLookup(reach) }),
  }
  return { http: new http.Agent(options), https: new https.Agent(options) }
}

async function inflated(answer: RawAnswer, maxBytes: number): Promise<Buffer> {
  const encoding = answer.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || answer.body.length === 0) return answer.body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw Object.assign(new Error('an encoding that was not asked for'), { code: 'Z_UNKNOWN_ENCODING' })
  }
  return inflate(answer.body, { maxOutputLength: maxBytes })
}
