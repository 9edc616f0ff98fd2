import { createHmac } from 'node:crypto'
import { type Receiver, startReceiver } from './receiver.js'

export interface FakeFlux extends Receiver {
  readonly url: string
  /** How often its sources were reconciled. */
  reconciled(): number
}

const PATH = '/hook/9bb4d0a9b1f0c38a4ec6ad02d0a4c6d1c9f0a3d2e5b6978812ab34cd56ef7890'

/**
 * A Receiver of the type `generic-hmac`, or `generic` without a token. Source: fluxcd/notification-controller,
 * docs/spec/v1/receivers.md and internal/server/receiver_handlers.go.
 */
export async function startFakeFlux(token?: string): Promise<FakeFlux> {
  let reconciled = 0
  const receiver = await startReceiver(({ path, headers, body }) => {
    if (path !== PATH) return { status: 404 }
    if (
      token !== undefined &&
      headers['x-signature'] !== `sha256=${createHmac('sha256', token).update(body).digest('hex')}`
    ) {
      return { status: 400 }
    }
    reconciled += 1
    return { status: 200 }
  })
  return { ...receiver, url: receiver.origin + PATH, reconciled: () => reconciled }
}
