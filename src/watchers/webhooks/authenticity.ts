import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { WebhookError } from './errors.js'
import type { Delivery } from './sender.js'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i
const BEARER = /^bearer +([^ ].*)$/i

/**
 * Requires `header` to be `sha256=` and the HMAC-SHA256 of the raw body in hexadecimal.
 * Throws `WebhookError` `UNAUTHORIZED`, without saying what a right one would be.
 */
export function requireSignature(delivery: Delivery, header: string, secret: string): void {
  const given = SIGNATURE.exec(delivery.headers[header] ?? '')?.[1]
  const expected = createHmac('sha256', secret).update(delivery.body).digest()
  if (given === undefined || !timingSafeEqual(Buffer.from(given, 'hex'), expected)) throw unauthorized('signature')
}

/** Requires `Authorization: Bearer <secret>` (RFC 6750, section 2.1). Throws `WebhookError` `UNAUTHORIZED`. */
export function requireBearer(delivery: Delivery, secret: string): void {
  const given = BEARER.exec(delivery.headers.authorization ?? '')?.[1]
  // Node reads header bytes as Latin-1: so encoded again they are the bytes that were sent.
  if (given === undefined || !timingSafeEqual(sha256(Buffer.from(given, 'latin1')), sha256(Buffer.from(secret)))) {
    throw unauthorized('bearer token')
  }
}

// Digests have one length, whatever was sent: `timingSafeEqual` throws where lengths differ.
function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function unauthorized(proof: string): WebhookError {
  return new WebhookError('UNAUTHORIZED', `Cannot accept event: missing or wrong ${proof}`)
}
