import { type Receiver, startReceiver } from './receiver.js'

export interface Card {
  readonly type: string
  readonly version: string
  readonly body: readonly {
    readonly type: string
    readonly text?: string
    readonly inlines?: readonly { readonly text: string; readonly selectAction?: { readonly url: string } }[]
  }[]
}

export interface FakeTeams extends Receiver {
  /** The URL of a workflow that posts what is sent to it. */
  readonly url: string
  readonly cards: readonly Card[]
}

/**
 * A workflow "When a Teams webhook request is received": takes one Adaptive Card, 28 KB at most, and answers 202. Source:
 * learn.microsoft.com, "Create incoming webhooks with Workflows", and "Format cards in Microsoft Teams" for its version.
 */
export async function startFakeTeams(): Promise<FakeTeams> {
  const cards: Card[] = []
  const receiver = await startReceiver(({ method, headers, body }) => {
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return { status: 400 }
    if (Buffer.byteLength(body) > 28 * 1024) return { status: 413 }
    const { type, attachments } = JSON.parse(body)
    const [attachment] = attachments
    if (type !== 'message' || attachment.contentType !== 'application/vnd.microsoft.card.adaptive')
      return { status: 400 }
    if (attachment.content.type !== 'AdaptiveCard' || Number(attachment.content.version) > 1.5) return { status: 400 }
    cards.push(attachment.content)
    return { status: 202 }
  })
  const url = `${receiver.origin}/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=1&sig=madeUpMadeUp`
  return { ...receiver, url, cards }
}
