import { type Credential, credentialId } from '../credential.js'
import type { CredentialRequest, Credentials } from '../credential-source.js'
import { RegistryError } from '../errors.js'
import type { Answer } from '../http.js'

export interface RenewalOptions {
  readonly credentials: Credentials
  readonly request: CredentialRequest
  /** Sends with a credential. */
  readonly send: (credential: Credential | undefined) => Promise<Answer>
  readonly isRefusal: (answer: Answer) => boolean
}

/**
 * Sends with the credential that is known, and once more where the registry or its token server refuses that one and there is
 * another by now. Throws what `send` throws, and `RegistryError` where there is no credential to be had.
 */
export async function sendRenewing({ credentials, request, send, isRefusal }: RenewalOptions): Promise<Answer> {
  const credential = await credentials.find(request)
  const first = await send(credential).catch((error) => {
    if (error instanceof RegistryError && error.code === 'UNAUTHORIZED') return error
    throw error
  })
  const refused = first instanceof RegistryError || isRefusal(first)
  if (refused && credential !== undefined) {
    credentials.forget(credential)
    const renewed = await credentials.find(request)
    if (credentialId(renewed) !== credentialId(credential)) return send(renewed)
  }
  if (first instanceof RegistryError) throw first
  return first
}
