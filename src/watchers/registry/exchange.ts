import http, { type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import type { Clock } from '../../lifecycle/clock.js'
import type { Bounds } from './bounds.js'

/** What one exchange brought: the bytes as they came, no redirect followed, whatever the status. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The IP address that answered. */
  readonly address: string
}

const MAX_ERROR_BYTES = 64 * 1_024

/**
 * An axios client whose every request is one exchange over the given agent, within `maxContentLength` and the time bounds.
 *
 * Its adapter takes the place of axios' own for half the CPU time of a poll, and because the time that a request waits for
 * a free connection must not count as the registry's. Fails as Node does, with `code`: `ETIMEDOUT` where a time bound
 * was passed, `ERR_BUFFER_TOO_LARGE` where the byte bound was.
 */
export function exchangeClient(clock: Clock, bounds: Pick<Bounds, 'answerMs' | 'exchangeMs'>): AxiosInstance {
  return axios.create({
    adapter: async (config) => {
      const data = await exchange(config, clock, bounds)
      return { data, status: data.status, statusText: '', headers: {}, config }
    },
    proxy: false,
    maxRedirects: 0,
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  })
}

function exchange(
  config: InternalAxiosRequestConfig,
  clock: Clock,
  bounds: Pick<Bounds, 'answerMs' | 'exchangeMs'>,
): Promise<RawAnswer> {
  const url = config.url ?? ''
  const secure = url.startsWith('https:')
  const agent: Agent = secure ? config.httpsAgent : config.httpAgent

  return new Promise((resolve, reject) => {
    let startedAt = 0
    let cancelTimer = () => {}
    let answered = false
    const request = (secure ? https : http).request(url, {
      method: config.method?.toUpperCase(),
      headers: config.headers.toJSON() as Record<string, string>,
      agent,
      signal: config.signal as AbortSignal,
    })
    const endAfter = (boundMs: number) => {
      cancelTimer()
      cancelTimer = clock.after(Math.max(startedAt + boundMs - clock.now(), 0), () => {
        const late = failure('ETIMEDOUT', `no ${answered ? 'complete ' : ''}answer within ${boundMs} ms`)
        reject(late) // first: a body that is cut off says only that it was
        request.destroy(late)
      })
    }

    request.once('socket', () => {
      startedAt = clock.now()
      endAfter(bounds.answerMs)
    })
    request.once('response', (response) => {
      answered = true
      endAfter(bounds.exchangeMs)
      const { statusCode: status = 0, headers } = response
      const address = response.socket.remoteAddress ?? '0.0.0.0'
      collect(response, config.maxContentLength ?? 0)
        .then((body) => resolve({ status, headers, body, address }), reject)
        .finally(() => cancelTimer())
    })
    request.on('error', (error) => {
      cancelTimer()
      // A kept connection may have been closed by the other side just now. Each failing one leaves the pool, so this ends.
      if (!answered && request.reusedSocket && isReset(error)) resolve(exchange(config, clock, bounds))
      else reject(error)
    })
    request.end(config.data)
  })
}

/** An error's body that is too long is left out: its status says more than its length. */
function collect(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const successful = (response.statusCode ?? 0) < 300
  const bound = successful ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES)

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= bound) return chunks.push(chunk)
      if (successful) reject(failure('ERR_BUFFER_TOO_LARGE', `more than ${bound} bytes`))
      else resolve(Buffer.alloc(0))
      response.destroy()
    })
    response.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    response.on('error', reject)
  })
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
