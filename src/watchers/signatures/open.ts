import { readFile } from 'node:fs/promises'
import { reasonOf } from '../../error.js'
import { repositoryKey } from '../../image/repository.js'
import type { CheckSignature } from '../look.js'
import { RegistryError } from '../registry/errors.js'
import { SignatureError } from './errors.js'
import type { SignatureRequirement } from './requirement.js'
import { checkRequirement, type Verify } from './verify.js'

/** Who must have signed, as a policy has it. */
export type SignatureTexts =
  /** Text of the keys. */
  | { readonly cosign: { readonly pem: string } }
  | {
      readonly keyless: {
        readonly issuer: string
        readonly identity?: string
        readonly identityPattern?: string
        /** Absolute path. */
        readonly trustedRoot?: string
      }
    }

/**
 * Makes the check of one policy. One that cannot be made, because a trusted root cannot be fetched, is a look that failed:
 * the check throws `RegistryError`. Throws `SignatureError` where the texts are wrong or a file cannot be read.
 */
export async function openSignatureCheck(texts: SignatureTexts, verify: Verify): Promise<CheckSignature> {
  const requirement = await requirementOf(texts)
  await checkRequirement(requirement)

  return async (repository, digest, signal) => {
    try {
      return await verify(repository, digest, requirement, signal)
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error
      const message = `Cannot check who signed "${repositoryKey(repository)}@${digest}": ${error.message}`
      throw new RegistryError('UNAVAILABLE', message, { retryable: true, cause: error })
    }
  }
}

async function requirementOf(texts: SignatureTexts): Promise<SignatureRequirement> {
  if ('cosign' in texts) return { cosign: texts.cosign.pem }
  const { issuer, identity, identityPattern, trustedRoot } = texts.keyless
  return {
    keyless: {
      issuer,
      identity: identityPattern === undefined ? (identity ?? '') : { pattern: identityPattern },
      ...(trustedRoot !== undefined && { trustedRoot: await readTrustedRoot(trustedRoot) }),
    },
  }
}

async function readTrustedRoot(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new SignatureError('INVALID_TRUSTED_ROOT', `Cannot read trusted root "${path}": ${reasonOf(error)}`)
  }
}
