import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Clock } from '../../lifecycle/clock.js'
import { createPools, type Route } from '../../net/pools.js'
import { addressIn, type Proxies } from '../../net/proxies.js'
import { systemCodeOf } from '../../net/system-code.js'
import { type Allowance, createAllowances } from './allowance.js'
import type { Bounds } from './bounds.js'
import { RegistryError } from './errors.js'
import { exchangeClient, type RawAnswer } from './exchange.js'
import { exchangeError } from './failure.js'
import type { Answer, Http, HttpRequest, RequestRecord } from './http.js'
import { createPace, type Pace } from './pace.js'
import { followRedirects, type Target } from './redirect.js'

/** How to get to a registry; its origin is where it really is. */
export interface Access extends Route {
  /** Absent: as often as one likes. */
  readonly requestsPerSecond?: number | undefined
}

export interface HttpClientOptions {
  readonly clock: Clock
  readonly bounds: Bounds
  readonly userAgent: string
  readonly onRequest?: ((record: RequestRecord) => void) | undefined
  readonly onAllowance?: ((allowance: Allowance) => void) | undefined
  readonly accessTo: (registry: string) => Access
  readonly proxies: Proxies
}

const inflate = promisify(gunzip)

export function httpClient(options: HttpClientOptions): Http {
  const { clock, bounds, userAgent, onRequest, accessTo, proxies } = options
  const client = exchangeClient({ clock, bounds, headers: { 'user-agent': userAgent, 'accept-encoding': 'gzip' } })
  const pools = createPools({ routeTo: accessTo, proxies, clock, tunnelMs: bounds.answerMs })
  const paces = new Map<string, Pace>()
  const allowances = createAllowances(clock, options.onAllowance)

  const paceOf = (registry: string): Pace => {
    let pace = paces.get(registry)
    if (pace === undefined) {
      pace = createPace(() => accessTo(registry).requestsPerSecond ?? Number.POSITIVE_INFINITY, clock)
      paces.set(registry, pace)
    }
    return pace
  }

  const exchange = async (request: HttpRequest, target: Target): Promise<Answer> => {
    const { url, authorization } = target
    const { agent, proxied } = pools.agentFor(request.registry, target)
    const isOwn = url.origin === accessTo(request.registry).origin
    if (isOwn) spare(request, allowances.exhausted(request.registry))
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
        ...(url.protocol === 'https:' ? { httpsAgent: agent } : { httpAgent: agent }),
        ...(request.body !== undefined && { data: request.body }),
      })
      code = String(data.status)
      if (isOwn) allowances.note(request.registry, data.headers)
      const address = proxied ? addressIn(url) : data.address
      const asked = { method: request.method, credential: request.credential, authorization }
      return { ...data, address, body: await inflated(data, request.maxBytes), url, asked }
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
    stop: () => pools.stop(),
  }
}

/** Throws where a pull would be spent that is better left to others. */
function spare({ action, method, operation }: HttpRequest, exhausted: Allowance | undefined): void {
  if (exhausted === undefined || method !== 'GET' || operation !== 'manifest') return
  // Without the number, which changes: a reason is told once.
  const message = `${action}: "${exhausted.registry}" allows few more pulls, which are left to those who run the image`
  throw new RegistryError('SPARED', message, { retryable: true })
}

async function inflated(answer: RawAnswer, maxBytes: number): Promise<Buffer> {
  const encoding = answer.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || answer.body.length === 0) return answer.body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw Object.assign(new Error('an encoding that was not asked for'), { code: 'Z_UNKNOWN_ENCODING' })
  }
  return inflate(answer.body, { maxOutputLength: maxBytes })
}
