import { createHmac } from 'node:crypto'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'

export const SECRET = 'made-up-secret'

/** The same manifest digest everywhere: what it is never matters. */
export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

export function signed(body: string | Uint8Array, secret = SECRET): Delivery {
  const bytes = Buffer.from(body)
  const signature = createHmac('sha256', secret).update(bytes).digest('hex')
  return { headers: { 'x-signature': `sha256=${signature}` }, body: bytes }
}

export function bearing(body: unknown, secret = SECRET): Delivery {
  return { headers: { authorization: `Bearer ${secret}` }, body: Buffer.from(JSON.stringify(body)) }
}

/**
 * A notification as Distribution 2.8.2 sends one for a two-platform image pushed with its tag, with `over` in its place
 * in the event and its target. The addresses are those of the machine that sent it: none may be believed.
 */
export function notification(over: { action?: unknown; target?: Readonly<Record<string, unknown>> } = {}): unknown {
  return {
    id: 'b0f4a3f6-7a0c-4c73-9f1e-2f0d7c1a9e55',
    timestamp: '2026-03-04T05:06:07.123456789Z',
    action: 'action' in over ? over.action : 'push',
    target: {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      size: 517,
      digest: DIGEST,
      length: 517,
      repository: 'harbour/lamp',
      url: `http://10.0.0.7:5000/v2/harbour/lamp/manifests/${DIGEST}`,
      tag: '2.7.1',
      ...over.target,
    },
    request: { id: '5ad8', addr: '10.0.0.9:40844', host: '10.0.0.7:5000', method: 'PUT', useragent: '' },
    actor: {},
    source: { addr: 'container-4711:5000', instanceID: '9c1f' },
  }
}
