import { isEcrHost } from './credentials/ecr.js'
import type { Answer, HttpRequest } from './http.js'

/** Private ECR says the first with 403, the public one both with 400, and neither offers a challenge. */
const ECR_REASON = /your authorization token (?:has expired|is invalid)/i

/**
 * Whether the host that was asked refuses what it was shown. By 401; or as Amazon ECR does (reported in flipt-io/flipt#3043
 * and aws/containers-roadmap#2835), by 403 or 400 with a reason, which an answer to HEAD has no body for.
 * What a redirect led to has no claim to credentials.
 */
export function isRefusal(answer: Answer, { url, registry }: Pick<HttpRequest, 'url' | 'registry'>): boolean {
  const { status } = answer
  if ((status !== 401 && status !== 403 && status !== 400) || answer.url.origin !== url.origin) return false
  if (status === 401) return true
  return answer.body.length === 0 ? isEcrHost(registry) : ECR_REASON.test(answer.body.toString())
}
