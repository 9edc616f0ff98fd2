import { z } from 'zod'
import { MAX_EVENTS, parseBody } from './body.js'
import type { Delivery } from './sender.js'

/** What of a CloudEvent says what happened. */
export interface CloudEvent {
  readonly type: string
  readonly data: unknown
}

/**
 * Reads the CloudEvents of a delivery: in binary mode one, whose type is in the header `ce-type` and whose data is the body;
 * otherwise one as JSON or a batch of at most 1,000. Throws `WebhookError` `INVALID_BODY`.
 * Source: CloudEvents 1.0.2, "HTTP Protocol Binding", section 3, and "JSON Event Format", sections 3 and 4.
 */
export function readCloudEvents({ headers, body }: Delivery): readonly CloudEvent[] {
  const { 'ce-type': type, 'content-type': contentType = '' } = headers
  // The content type goes before the headers (section 3, "HTTP Message Mapping").
  const isBinary = type !== undefined && !/^application\/cloudevents/i.test(contentType)
  return isBinary ? [{ type, data: parseBody(body, z.unknown()) }] : parseBody(body, oneOrMore)
}

const cloudEvent = z
  .object(
    {
      type: z.string('expected a type'),
      data: z.unknown().optional(),
      data_base64: z.string('expected base64').optional(),
    },
    'expected an object with "type"',
  )
  .transform(({ type, data, data_base64 }): CloudEvent => ({ type, data: data ?? parsed(data_base64) }))

// `data_base64` is for bytes of any kind: nothing where they are not JSON.
function parsed(base64: string | undefined): unknown {
  try {
    return base64 === undefined ? undefined : JSON.parse(Buffer.from(base64, 'base64').toString())
  } catch {
    return undefined
  }
}

const oneOrMore = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(cloudEvent).max(MAX_EVENTS, `expected at most ${MAX_EVENTS} events`),
)
