import type { Notice } from '../jobs/notices.js'
import { tell } from './items.js'
import type { Post } from './post.js'
import { signatureOf } from './signature.js'
import type { Target } from './target.js'

export interface WebhookOptions {
  readonly secret?: string | undefined
  readonly token?: string | undefined
}

/**
 * Anybody's webhook, which is sent one CloudEvent in structured mode. Source: CloudEvents 1.0.2, and its HTTP protocol binding,
 * section 3.2. docs/notifications.md says what is in `data`.
 */
export function webhookTarget(post: Post, { secret, token }: WebhookOptions = {}): Target {
  return {
    async send({ id, notices }, signal) {
      const body = JSON.stringify({
        specversion: '1.0',
        id,
        source: 'tidemark',
        type: 'tidemark.notices.v1',
        time: timeOf(Math.max(...notices.map(({ at }) => at))),
        datacontenttype: 'application/json',
        data: { title: tell(notices, 1).title, notices: notices.map(dataOf) },
      })
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        ...(secret !== undefined && { 'x-signature': signatureOf(body, secret) }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      }
      await post({ body, headers, signal })
    },
  }
}

function dataOf({ at, ...notice }: Notice): object {
  return { ...notice, at: timeOf(at) }
}

/** RFC 3339. */
function timeOf(instant: number): string {
  return new Date(instant).toISOString()
}
