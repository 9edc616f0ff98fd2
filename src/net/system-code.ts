/** The `code` of an error of Node's, or the name of any other. */
export function systemCodeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'Error'
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name
}

/** What OpenSSL makes of an answer without TLS, in a sentence that helps nobody. */
export const NOT_TLS: ReadonlySet<string> = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
])
