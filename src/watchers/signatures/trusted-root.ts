import { reasonOf } from '../../error.js'
import type { Clock } from '../../lifecycle/clock.js'
import { loadPackage } from '../../lifecycle/package.js'
import { isPausing } from '../../lifecycle/pause.js'
import { untilAborted } from '../../lifecycle/until-aborted.js'
import { printable } from '../registry/printable.js'
import { SignatureError } from './errors.js'

export interface TrustedRootOptions {
  /** Where what was fetched is kept, so that it is fetched again only where it has changed. */
  readonly folder: string
  /** Where it is fetched from, and the path of the root that vouches for that. Default: Sigstore's public instance. */
  readonly mirror?: { readonly url: string; readonly root: string } | undefined
}

/** Keys of logs are replaced about once a year, and announced before. */
const FRESH_MS = 86_400_000

/**
 * Sigstore's public trusted root as JSON text, fetched by TUF when it is first asked for and then once a day. Its package,
 * `@sigstore/tuf`, is only installed where it is wanted, and takes proxies from the environment alone.
 * Throws `SignatureError` `TRUSTED_ROOT_UNAVAILABLE`, or the signal's reason.
 */
export function publicTrustedRoot(options: TrustedRootOptions, clock: Clock): (signal: AbortSignal) => Promise<string> {
  let fetched: { readonly text: Promise<string>; readonly at: number } | undefined

  return (signal) => {
    if (fetched === undefined || !isPausing(fetched.at + FRESH_MS, clock.now(), FRESH_MS)) {
      const current = { text: fetchTrustedRoot(options), at: clock.now() }
      fetched = current
      current.text.catch(() => {
        if (fetched === current) fetched = undefined
      })
    }
    return untilAborted(signal, fetched.text)
  }
}

async function fetchTrustedRoot({ folder, mirror }: TrustedRootOptions): Promise<string> {
  try {
    const { initTUF } = await loadPackage('@sigstore/tuf', () => import('@sigstore/tuf'))
    const options = { cachePath: folder, ...(mirror && { mirrorURL: mirror.url, rootPath: mirror.root }) }
    return await (await initTUF(options)).getTarget('trusted_root.json')
  } catch (error) {
    // The library says what it did, and its cause why that failed.
    const reason = reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error)
    const message = `Cannot fetch the public trusted root: ${printable(reason)}`
    throw new SignatureError('TRUSTED_ROOT_UNAVAILABLE', message, { cause: error, retryable: true })
  }
}
