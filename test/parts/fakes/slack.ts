import { type Receiver, startReceiver } from './receiver.js'

export interface SlackMessage {
  readonly text: string
  readonly blocks: readonly { readonly type: string; readonly text: { readonly type: string; readonly text: string } }[]
}

export interface FakeSlack extends Receiver {
  /** The URL of its incoming webhook. */
  readonly url: string
  readonly messages: readonly SlackMessage[]
}

const PATH = '/services/T00000000/B00000000/madeUpMadeUpMadeUpMadeUp'

/**
 * Answers as incoming webhooks do. Source: docs.slack.dev, "Sending messages using incoming webhooks" ("Handling errors"), and
 * the limits of "Section block" and "Blocks".
 */
export async function startFakeSlack(): Promise<FakeSlack> {
  const messages: SlackMessage[] = []
  const receiver = await startReceiver(({ method, path, headers, body }) => {
    if (path !== PATH) return { status: 404, body: 'no_team' }
    if (method !== 'POST' || headers['content-type'] !== 'application/json')
      return { status: 400, body: 'invalid_payload' }
    const message: SlackMessage = JSON.parse(body)
    if (typeof message.text !== 'string' || message.text === '') return { status: 400, body: 'no_text' }
    const isBlock = ({ type, text }: SlackMessage['blocks'][number]) =>
      type === 'section' && text.type === 'mrkdwn' && text.text.length > 0 && text.text.length <= 3_000
    if (message.blocks.length > 50 || !message.blocks.every(isBlock)) return { status: 400, body: 'invalid_blocks' }
    messages.push(message)
    return { status: 200, body: 'ok' }
  })
  return { ...receiver, url: receiver.origin + PATH, messages }
}
