import { GitError } from './errors.js'
import type { Transport, TransportResponse } from './transports/transport.js'

export type Service = 'git-upload-pack' | 'git-receive-pack'

/**
 * Asks which references and capabilities the repository has. Source: gitprotocol-http(5), "Discovering References".
 * With version 2 a server that knows it answers with its capabilities alone.
 */
export async function discover(
  transport: Transport,
  service: Service,
  version: 1 | 2,
  signal: AbortSignal,
): Promise<Buffer> {
  const answer = await ask(transport, {
    path: `/info/refs?service=${service}`,
    method: 'GET',
    headers: version === 2 ? { 'git-protocol': 'version=2' } : {},
    expected: `application/x-${service}-advertisement`,
    signal,
  })
  return collect(answer)
}

export interface ConversationOptions {
  readonly signal: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends one request to a service and returns its whole answer. */
export async function converse(
  transport: Transport,
  service: Service,
  body: Buffer,
  options: ConversationOptions,
): Promise<Buffer> {
  return collect(await stream(transport, service, body, options))
}

/** Sends one request to a service and returns its answer as it arrives. */
export function stream(
  transport: Transport,
  service: Service,
  body: Buffer,
  options: ConversationOptions,
): Promise<AsyncIterable<Uint8Array>> {
  return ask(transport, {
    path: `/${service}`,
    method: 'POST',
    headers: { ...options.headers, 'content-type': `application/x-${service}-request` },
    expected: `application/x-${service}-result`,
    body,
    signal: options.signal,
  })
}

/** What a server said, fit for one line of a log: no control characters, bounded, no secret. */
export function serverText(transport: Pick<Transport, 'conceal'>, text: string): string {
  // Concealed before it is cut: half a secret would not be known.
  const lines = transport
    .conceal(text.slice(0, 100_000))
    .slice(0, 4_000)
    .split(/[\r\n]+/)
    .map((line) => line.replace(UNPRINTABLE, ' ').trim())
    .filter((line) => line !== '')
  return lines.join('; ').slice(0, 500)
}

/** Why a server gives up a fetch. */
export function fetchRefusal(reason: string): GitError {
  // The branch was moved by force between the look and the fetch.
  if (reason.includes('not our ref')) return new GitError('STALE', `branch has moved: ${reason}`, { retryable: true })
  return new GitError('REJECTED', reason)
}

interface Question {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly expected: string
  readonly body?: Buffer
  readonly signal: AbortSignal
}

// Beside control characters: what turns the direction of the text around it.
const UNPRINTABLE = /[\p{Cc}\p{Cf}]/gu

async function ask(
  transport: Transport,
  { path, expected, ...question }: Question,
): Promise<AsyncIterable<Uint8Array>> {
  const response = await transport.request({
    ...question,
    url: transport.base + path,
    headers: { ...question.headers, accept: expected },
  })
  if (response.statusCode !== 200) throw await refusal(transport, response)
  const type = contentType(response)
  // gitprotocol-http(5) tells clients to check this: a sign-in page and a "dumb" server answer 200 as well.
  if (type !== expected) {
    await firstBytes(response.body)
    throw new GitError('INVALID_ANSWER', `answer is "${serverText(transport, type)}" and not the Git protocol`)
  }
  return response.body
}

async function refusal(transport: Transport, response: TransportResponse): Promise<GitError> {
  const status = response.statusCode
  const body = await firstBytes(response.body)
  const said = contentType(response) === 'text/plain' ? body : ''
  const explanation = serverText(transport, said) || serverText(transport, response.statusMessage)
  // 203 is how Azure DevOps shows its sign-in page.
  const isUnauthorized = status === 401 || status === 403 || status === 203
  const parts = [`server answered ${status}`, explanation]
  if (isUnauthorized)
    parts.push(`(asked ${response.authenticated ? 'with the configured credentials' : 'anonymously'})`)
  if (new URL(response.url).origin !== new URL(transport.base).origin)
    parts.push(`after a redirect to "${serverText(transport, response.url)}"`)
  const message = parts.filter((part) => part !== '').join(' ')
  if (isUnauthorized) return new GitError('UNAUTHORIZED', message)
  if (status === 404 || status === 410) return new GitError('REPOSITORY_NOT_FOUND', message)
  if (status === 413) return new GitError('TOO_LARGE', message)
  if (status === 429 || status >= 500) return new GitError('UNREACHABLE', message, { retryable: true })
  return new GitError('INVALID_ANSWER', message)
}

function contentType(response: TransportResponse): string {
  return (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase().slice(0, 100) ?? ''
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

// A body that nobody reads would keep its connection.
async function firstBytes(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length >= 4_000) break
    }
  } catch {
    // The status is the answer; its explanation may break off.
  }
  return Buffer.from(text, 'latin1').toString()
}
