import { readFile } from 'node:fs/promises'
import tls, { createSecureContext, type SecureContext } from 'node:tls'
import { systemCodeOf } from './system-code.js'

/** Absolute paths of PEM files. */
export interface TlsFiles {
  /** Authorities to trust beside the usual ones. */
  readonly ca?: string | undefined
  /** The client certificate, and its private key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/**
 * Makes the TLS context of a connection: from the files as they are now, so that renewed ones need no restart. Rejects with
 * code `ERR_TLS_FILE` where one cannot be used.
 */
export function secureContexts({ ca, cert, key }: TlsFiles): () => Promise<SecureContext> {
  let made: { readonly from: string; readonly context: SecureContext } | undefined

  return async () => {
    const [caText, certText, keyText] = await Promise.all([ca, cert, key].map(read))
    const from = JSON.stringify([caText, certText, keyText])
    if (made?.from === from) return made.context
    // OpenSSL takes a file that has none for nothing to use.
    requirePem(ca, caText, 'CERTIFICATE')
    requirePem(cert, certText, 'CERTIFICATE')
    requirePem(key, keyText, 'PRIVATE KEY')
    try {
      const context = createSecureContext({
        ...(caText !== undefined && { ca: [...usualAuthorities(), caText] }),
        ...(certText !== undefined && { cert: certText }),
        ...(keyText !== undefined && { key: keyText }),
      })
      made = { from, context }
      return context
    } catch (error) {
      // OpenSSL's sentence would not say which of them: it may be any.
      const files = [ca, cert, key].filter((path) => path !== undefined).map((path) => `"${path}"`)
      throw unusable(`cannot use ${files.join(', ')} (${systemCodeOf(error)})`)
    }
  }
}

/** Of newer versions of Node, what `NODE_EXTRA_CA_CERTS` and `--use-system-ca` add is among them. */
function usualAuthorities(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => readonly string[] }
  return getCACertificates?.('default') ?? tls.rootCertificates
}

/** The labels of keys are several, such as `EC PRIVATE KEY`. */
function requirePem(path: string | undefined, text: string | undefined, label: string): void {
  if (text === undefined || new RegExp(`^-----BEGIN (?:[A-Z]+ )?${label}-----`, 'm').test(text)) return
  throw unusable(`"${path}" has no PEM ${label.toLowerCase()}`)
}

async function read(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unusable(`cannot read "${path}" (${systemCodeOf(error)})`)
  }
}

function unusable(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_TLS_FILE' })
}
