import type { z } from 'zod'
import { WebhookError } from './errors.js'

/** More than any sender puts into one delivery: the bound keeps one request from queueing without end. */
export const MAX_EVENTS = 1_000

/** Reads a JSON body in UTF-8 as `shape` says. Throws `WebhookError` `INVALID_BODY`. */
export function parseBody<Shape extends z.ZodType>(body: Uint8Array, shape: Shape): z.output<Shape> {
  return checkShape(parseJson(body), shape)
}

/** The same of a value that is parsed already. */
export function checkShape<Shape extends z.ZodType>(value: unknown, shape: Shape): z.output<Shape> {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at "${issue.path.join('.')}"`
  throw new WebhookError('INVALID_BODY', `Cannot read event${at}: ${issue?.message ?? 'unknown format'}`)
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new WebhookError('INVALID_BODY', `Cannot read event: ${isForm(body) ? FORM : 'not JSON in UTF-8'}`, { cause })
  }
}

const FORM = 'a form instead of JSON, set the content type of the webhook to "application/json"'

/** What GitHub and Gitea send where the webhook's settings ask for a form. */
function isForm(body: Uint8Array): boolean {
  return Buffer.from(body.subarray(0, FORM_START.length)).toString('latin1') === FORM_START
}

const FORM_START = 'payload='
