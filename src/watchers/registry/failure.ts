import { reasonOf } from '../../error.js'
import { parseRetryAfter } from '../../net/retry-after.js'
import { NOT_TLS, systemCodeOf } from '../../net/system-code.js'
import { secretsOf } from './credential.js'
import { RegistryError, type RegistryErrorCode } from './errors.js'
import type { Answer, Asked } from './http.js'
import { tryParseJson } from './json.js'
import { printable } from './printable.js'

/** Where an exchange that failed means more than a failed connection. */
const CODES: Readonly<Record<string, RegistryErrorCode>> = {
  ERR_BUFFER_TOO_LARGE: 'TOO_LARGE',
  ERR_REFUSED_ADDRESS: 'REFUSED_TARGET',
  ERR_TLS_FILE: 'CREDENTIALS',
}

/** Codes of Node's HTTP parser and of zlib: what came is not the protocol. */
const NOT_HTTP = /^(?:HPE_|Z_)/

/**
 * The error of an answer whose status is not what was asked for, such as
 * `Cannot list tags of "127.0.0.1:5000/team/app": registry answered 401 (authentication required; asked anonymously)`.
 */
export function answerError(action: string, party: string, answer: Answer, now: number): RegistryError {
  const { status } = answer
  const isUnauthorized = status === 401 || status === 403
  const reasons = [reasonIn(answer), isUnauthorized ? howAsked(answer.asked) : ''].filter((reason) => reason !== '')
  const message = `${action}: ${party} answered ${status}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`

  if (isUnauthorized) return new RegistryError('UNAUTHORIZED', message)
  if (status === 404) return new RegistryError('NOT_FOUND', message)
  if (status !== 408 && status !== 429 && status < 500) return new RegistryError('INVALID_ANSWER', message)
  return new RegistryError(status === 429 ? 'RATE_LIMITED' : 'UNAVAILABLE', message, {
    retryable: true,
    retryAt: parseRetryAfter(answer.headers['retry-after'], now),
  })
}

/** The error of an exchange that brought no usable answer. */
export function exchangeError(action: string, url: URL, thrown: unknown): RegistryError {
  const systemCode = systemCodeOf(thrown)
  const reason = NOT_TLS.has(systemCode) ? 'it does not speak TLS; plainHttp asks without' : printable(reasonOf(thrown))
  const code = CODES[systemCode] ?? (NOT_HTTP.test(systemCode) ? 'INVALID_ANSWER' : 'UNREACHABLE')
  return new RegistryError(code, `${action}: no usable answer from "${url.origin}" (${reason})`, {
    cause: thrown,
    retryable: code === 'UNREACHABLE',
  })
}

/** The first message, or else code, of the specification's `errors`. A body of another form has no reason. */
function reasonIn({ body, asked }: Answer): string {
  const { errors } = Object(tryParseJson(body))
  const { message, code } = Object(Array.isArray(errors) ? errors[0] : undefined)
  const said = typeof message === 'string' && message !== '' ? message : code
  if (typeof said !== 'string') return ''
  const secrets = secretsOf(asked.credential, asked.authorization)
  return printable(secrets.reduce((text, secret) => text.replaceAll(secret, '***'), said))
}

/** A token may have been given to anybody. Where there are credentials, nobody may have wanted to see them. */
function howAsked({ method, credential, authorization }: Asked): string {
  const isShown = credential !== undefined && (authorization !== undefined || method === 'POST')
  return isShown ? 'asked with the configured credentials' : 'asked anonymously'
}

/** The error of an answer that says 200 and is not what was asked for. */
export function formError(action: string, wanted: string, answer: Answer): RegistryError {
  return new RegistryError(
    'INVALID_ANSWER',
    `${action}: registry answered "${mediaTypeOf(answer)}" that is not ${wanted}`,
  )
}

/** The media type of an answer without its parameters, empty where it names none. */
export function mediaTypeOf(answer: Answer): string {
  const [type = ''] = (answer.headers['content-type'] ?? '').split(';', 1)
  return printable(type).toLowerCase()
}
