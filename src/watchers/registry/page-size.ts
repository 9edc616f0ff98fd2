import type { Answer } from './http.js'

/** Google's registries take this, and answer it in one page (go-containerregistry, pkg/v1/google/list.go). */
const GOOGLE = /^(?:(?:.+\.)?gcr\.io|.+-docker\.pkg\.dev)$/
const GOOGLE_SIZE = 10_000
/** The most that ECR and Distribution take. Most others give what they like. */
const USUAL_SIZE = 1_000
/** What everybody takes. */
const SMALL_SIZE = 100

/** How many tags to ask a host for per page, before it has refused a number. */
export function firstPageSize(registry: string): number {
  return GOOGLE.test(registry) ? GOOGLE_SIZE : USUAL_SIZE
}

/**
 * How many tags to ask for after a first page was answered by 400 or 405, which registries do where the number is too high:
 * the one that the answer names (`Member must have value less than or equal to 1000` of ECR), or else 100. Undefined where
 * the answer is another one, or no smaller number is left.
 */
export function smallerPageSize(asked: number, { status, body }: Answer): number | undefined {
  if ((status !== 400 && status !== 405) || asked <= SMALL_SIZE) return undefined
  const named = Number(/(?:less than or equal to|at most|maximum of) ([0-9]{1,6})\b/i.exec(body.toString())?.[1])
  return named > 0 && named < asked ? named : SMALL_SIZE
}
