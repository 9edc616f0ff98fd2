import { createHmac } from 'node:crypto'

/** What proves who wrote a body: `sha256=` and its HMAC in hexadecimal, as Git hosts, Flux and our own `generic` sender have it. */
export function signatureOf(body: string, secret: string, algorithm: 'sha1' | 'sha256' = 'sha256'): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`
}
