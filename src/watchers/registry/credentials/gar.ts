import { loadPackage } from '../../../lifecycle/package.js'
import type { Obtained } from './cache.js'

/** Nobody else may be shown a token that opens more than registries. */
const HOST = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform']

/** A token is of no project. Without a name the library looks for one, and asks gcloud and an API that may be turned off. */
const UNUSED_PROJECT = 'none'

/**
 * An access token for Google's Artifact Registry and gcr.io, with what google-auth-library finds to log in: a key file, a
 * workload identity, gcloud's login, or the metadata server. Given as the password of the user that the documentation
 * of Artifact Registry names.
 */
export async function askGar(registry: string, signal: AbortSignal): Promise<Obtained> {
  if (!HOST.test(registry)) throw new Error(`"${registry}" is not a registry of Google's`)
  const { GoogleAuth } = await loadPackage('google-auth-library', () => import('google-auth-library'))
  signal.throwIfAborted()
  const client = await new GoogleAuth({ scopes: SCOPES, projectId: UNUSED_PROJECT }).getClient()
  const { token } = await client.getAccessToken()
  if (typeof token !== 'string' || token === '') throw new Error('Google gave no access token')
  return {
    credential: { kind: 'password', username: 'oauth2accesstoken', password: token },
    expiresAt: client.credentials.expiry_date ?? undefined,
  }
}
