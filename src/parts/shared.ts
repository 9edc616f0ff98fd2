import { createPolicy } from '../policies/create.js'
import type { Policy } from '../policies/policy.js'
import { fileMatcher } from '../updaters/files.js'
import type { CheckSignature } from '../watchers/look.js'
import { openSignatureCheck, type SignatureTexts } from '../watchers/signatures/open.js'
import type { Verify } from '../watchers/signatures/verify.js'

/** Thousands of policies often share a few rules and globs: what is made of equal ones is one object. */
export interface Shared {
  readonly policyOf: (texts: Parameters<typeof createPolicy>) => Policy
  readonly matcherOf: (globs: readonly string[]) => (path: string) => boolean
  readonly checkOf: (texts: SignatureTexts) => Promise<CheckSignature>
}

export function sharedParts(verify: Verify): Shared {
  return {
    policyOf: sharing((texts) => createPolicy(...texts)),
    matcherOf: sharing(fileMatcher),
    checkOf: sharing((texts) => openSignatureCheck(texts, verify)),
  }
}

function sharing<Config, Made>(make: (config: Config) => Made): (config: Config) => Made {
  const made = new Map<string, Made>()
  return (config) => {
    const text = JSON.stringify(config)
    const one = made.get(text) ?? make(config)
    made.set(text, one)
    return one
  }
}
