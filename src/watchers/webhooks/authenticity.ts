import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { WebhookError } from './errors.js'
import type { Delivery } from './sender.js'

const BEARER = /^bearer +([^ ].*)$/i

/**
 * Requires `header` to be `prefix` and the HMAC of the raw body in hexadecimal.
 * Throws `WebhookError` `UNAUTHORIZED`, without saying what a right one would be.
 */
export function requireSignature(
  { headers, body }: Delivery,
  header: string,
  secret: string,
  prefix = 'sha256=',
  algorithm: 'sha1' | 'sha256' = 'sha256',
): void {
  const expected = createHmac(algorithm, secret).update(body).digest('hex')
  if (!isSame((headers[header] ?? '').toLowerCase(), `${prefix}${expected}`)) throw unauthorized('signature')
}

/**
 * Requires a signature of Standard Webhooks (version 1 of the specification, "Signature scheme"): `webhook-signature` has, among
 * others, `v1,` and the HMAC-SHA256 of id, time and body in base64. How old it is does not matter: it costs one look.
 * Throws `WebhookError` `UNAUTHORIZED`.
 */
export function requireStandardSignature({ headers, body }: Delivery, key: Uint8Array): void {
  const { 'webhook-id': id = '', 'webhook-timestamp': time = '', 'webhook-signature': signatures = '' } = headers
  const expected = createHmac('sha256', key).update(`${id}.${time}.`, 'latin1').update(body).digest('base64')
  const isRight = signatures.split(' ', MOST_SIGNATURES).some((given) => isSame(given, `v1,${expected}`))
  if (!isRight || id === '' || time === '') throw unauthorized('signature')
}

/** More than there are keys at a time: two, while one takes the place of another. */
const MOST_SIGNATURES = 10

/** Requires `header` to be the secret itself. Throws `WebhookError` `UNAUTHORIZED`. */
export function requireToken(delivery: Delivery, header: string, secret: string): void {
  const given = delivery.headers[header]
  if (given === undefined || !isSame(given, secret)) throw unauthorized('token')
}

/** Requires `Authorization: Bearer <secret>` (RFC 6750, section 2.1). Throws `WebhookError` `UNAUTHORIZED`. */
export function requireBearer(delivery: Delivery, secret: string): void {
  const given = BEARER.exec(delivery.headers.authorization ?? '')?.[1]
  if (given === undefined || !isSame(given, secret)) throw unauthorized('bearer token')
}

/** Requires the secret in `header` as it is, or where none is named as a bearer token. Throws `WebhookError` `UNAUTHORIZED`. */
export function requireSecret(delivery: Delivery, secret: string, header: string | undefined): void {
  if (header === undefined) requireBearer(delivery, secret)
  else requireToken(delivery, header, secret)
}

/**
 * Requires the secret behind the name in the path, for senders that can be given nothing but an address.
 * Throws `WebhookError` `UNAUTHORIZED`.
 */
export function requirePathSecret({ pathSecret }: Delivery, secret: string): void {
  if (pathSecret === undefined || !isSame(pathSecret, secret)) throw unauthorized('secret in the path')
}

/** Whether a header has this text, in a time that tells nothing of it. */
function isSame(header: string, text: string): boolean {
  // Node reads header bytes as Latin-1: so encoded again they are the bytes that were sent.
  return timingSafeEqual(sha256(Buffer.from(header, 'latin1')), sha256(Buffer.from(text)))
}

// Digests have one length, whatever was sent: `timingSafeEqual` throws where lengths differ.
function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function unauthorized(proof: string): WebhookError {
  return new WebhookError('UNAUTHORIZED', `Cannot accept event: missing or wrong ${proof}`)
}
