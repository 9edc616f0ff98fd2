import { reasonOf } from '../../../error.js'
import { NOT_TLS, systemCodeOf } from '../../../net/system-code.js'
import { GitError } from '../errors.js'
import type { Deadline } from './deadline.js'

/** What ended a conversation: the reason of its deadline or signal, or the `GitError` of an exchange that brought no answer. */
export function failureOf(thrown: unknown, deadline: Deadline): unknown {
  if (deadline.signal.aborted) return deadline.signal.reason
  if (thrown instanceof GitError) return thrown
  // An error of axios carries the request with its credentials, so that it cannot be the cause.
  const code = systemCodeOf(thrown)
  const reason = reasonOf(thrown)
  if (code === 'ERR_TLS_FILE' || code === 'ERR_PROXY_LOGIN') return new GitError('UNAUTHORIZED', reason)
  if (code === 'ERR_REFUSED_ADDRESS') return new GitError('INVALID_ANSWER', `server redirects elsewhere: ${reason}`)
  if (UNTRUSTED.has(code))
    return new GitError('UNREACHABLE', `its certificate is of no trusted authority (${reason})`, { retryable: true })
  if (NOT_TLS.has(code)) return new GitError('UNREACHABLE', 'server does not speak TLS', { retryable: true })
  return new GitError('UNREACHABLE', reason, { retryable: true })
}

/** Codes of OpenSSL where an authority is missing. Source: its X509_STORE_CTX_get_error(3). */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
