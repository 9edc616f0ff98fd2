import type { Digest } from '../../image/digest.js'
import { type Repository, repositoryKey } from '../../image/repository.js'
import type { Clock } from '../../lifecycle/clock.js'
import type { Registry } from '../registry/registry.js'
import { identityMatcher, keylessJudge } from './keyless.js'
import { keyJudge } from './keys.js'
import type { Judge, Judgement, SignatureRequirement, SignatureVerdict } from './requirement.js'
import { publicTrustedRoot, type TrustedRootOptions } from './trusted-root.js'

export interface VerifierOptions {
  readonly registry: Pick<Registry, 'readSignatures'>
  readonly clock: Clock
  /** How Sigstore's public trusted root is had where a requirement brings none. */
  readonly trustedRoot: TrustedRootOptions
}

/**
 * Whether an image or index is signed as required. What is signed is the digest itself: for an image of several platforms that
 * of its index. A digest that was verified is remembered for as long as the requirement, the object, is.
 *
 * Throws `RegistryError` where the registry cannot be asked, `SignatureError` where the requirement is none or the trusted
 * root cannot be had, or the signal's reason. None of them is a "no", and none is a "yes".
 */
export type Verify = (
  repository: Repository,
  digest: Digest,
  requirement: SignatureRequirement,
  signal: AbortSignal,
) => Promise<SignatureVerdict>

const MOST_REMEMBERED = 1_000

export function createVerifier({ registry, clock, trustedRoot }: VerifierOptions): Verify {
  const rootOf = publicTrustedRoot(trustedRoot, clock)
  const verified = new WeakMap<SignatureRequirement, Map<string, string>>()

  const judgeFor = async (requirement: SignatureRequirement, signal: AbortSignal): Promise<Judge> => {
    if ('cosign' in requirement) return keyJudge(requirement.cosign)
    const { keyless } = requirement
    return keylessJudge(keyless, keyless.trustedRoot ?? (await rootOf(signal)))
  }

  const signerOf = async (
    repository: Repository,
    digest: Digest,
    requirement: SignatureRequirement,
    signal: AbortSignal,
  ): Promise<Judgement> => {
    let judge: Judge | undefined
    let best: Judgement | undefined
    // cosign's tag first: it is had by fewer requests, and where what is there suffices, no more is asked for.
    for (const kept of ['tag', 'referrers'] as const) {
      for (const attached of await registry.readSignatures(repository, digest, { kept, signal })) {
        judge ??= await judgeFor(requirement, signal)
        const judgement = judge(attached, digest)
        if ('by' in judgement) return judgement
        if (best === undefined || stageOf(judgement) > stageOf(best)) best = judgement
      }
    }
    return best ?? { reason: 'no signature found', stage: 'malformed' }
  }

  return async (repository, digest, requirement, signal) => {
    checkRequirement(requirement)
    const known = verified.get(requirement) ?? new Map<string, string>()
    verified.set(requirement, known)
    const key = `${repositoryKey(repository)}@${digest}`
    const before = known.get(key)
    if (before !== undefined) return { verified: true, by: before }
    const judgement = await signerOf(repository, digest, requirement, signal)
    if (!('by' in judgement)) return { verified: false, reason: judgement.reason }
    const [oldest] = known.keys()
    if (oldest !== undefined && known.size >= MOST_REMEMBERED) known.delete(oldest)
    known.set(key, judgement.by)
    return { verified: true, by: judgement.by }
  }
}

/** Throws `SignatureError` where a requirement can never be met, before anything is asked. */
export function checkRequirement(requirement: SignatureRequirement): void {
  if ('cosign' in requirement) keyJudge(requirement.cosign)
  else identityMatcher(requirement.keyless)
}

/** The signature that came further says more of what is wrong; of two, the first. */
function stageOf(judgement: Judgement): number {
  return 'by' in judgement ? STAGES.length : STAGES.indexOf(judgement.stage)
}

const STAGES = ['malformed', 'untrusted', 'trusted']
