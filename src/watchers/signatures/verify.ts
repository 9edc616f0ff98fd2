import type { Digest } from '../../image/digest.js'
import { type Repository, repositoryKey } from '../../image/repository.js'
import type { Clock } from '../../lifecycle/clock.js'
import type { SignatureVerdict } from '../../policies/gate.js'
import type { Registry } from '../registry/registry.js'
import { identityMatcher, keylessJudge } from './keyless.js'
import { keyJudge } from './keys.js'
import type { Judge, Judgement, SignatureRequirement } from './requirement.js'
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
  const prepared = new WeakMap<SignatureRequirement, Prepared>()

  const prepare = async (requirement: SignatureRequirement): Promise<Prepared> => {
    const before = prepared.get(requirement)
    if (before !== undefined) return before
    const fresh = { judge: await judgeOf(requirement), verified: new Map<string, string>() }
    prepared.set(requirement, fresh)
    return fresh
  }

  const judgementOf = async (
    repository: Repository,
    digest: Digest,
    judgeBy: () => Promise<Judge>,
    signal: AbortSignal,
  ): Promise<Judgement> => {
    let best: Judgement | undefined
    // cosign's tag first: it is had by fewer requests, and where what is there suffices, no more is asked for.
    for (const kept of ['tag', 'referrers'] as const) {
      const signatures = await registry.readSignatures(repository, digest, { kept, signal })
      if (signatures.length === 0) continue
      const judge = await judgeBy()
      for (const attached of signatures) {
        const judgement = judge(attached, digest)
        if ('by' in judgement) return judgement
        if (best === undefined || stageOf(judgement) > stageOf(best)) best = judgement
      }
    }
    return best ?? { reason: 'no signature found', stage: 'malformed' }
  }

  return async (repository, digest, requirement, signal) => {
    const { judge, verified } = await prepare(requirement)
    const key = `${repositoryKey(repository)}@${digest}`
    const before = verified.get(key)
    if (before !== undefined) return { verified: true, by: before }
    const judgement = await judgementOf(repository, digest, () => judge(() => rootOf(signal)), signal)
    if (!('by' in judgement)) return { verified: false, reason: judgement.reason }
    const [oldest] = verified.keys()
    if (oldest !== undefined && verified.size >= MOST_REMEMBERED) verified.delete(oldest)
    verified.set(key, judgement.by)
    return { verified: true, by: judgement.by }
  }
}

/** Throws `SignatureError` where a requirement can never be met: for when the configuration is read. Asks nobody. */
export async function checkRequirement(requirement: SignatureRequirement): Promise<void> {
  await judgeOf(requirement)
}

interface Prepared {
  readonly judge: (publicRoot: () => Promise<string>) => Promise<Judge>
  /** Who signed, by repository and digest. */
  readonly verified: Map<string, string>
}

/** The judge of a requirement, for which the public trusted root is asked for only where it brings none. */
async function judgeOf(requirement: SignatureRequirement): Promise<Prepared['judge']> {
  if ('cosign' in requirement) {
    const judge = keyJudge(requirement.cosign)
    return async () => judge
  }
  const { keyless } = requirement
  identityMatcher(keyless)
  if (keyless.trustedRoot === undefined) return async (publicRoot) => keylessJudge(keyless, await publicRoot())
  const judge = await keylessJudge(keyless, keyless.trustedRoot)
  return async () => judge
}

/** The signature that came further says more of what is wrong; of two, the first. */
function stageOf(judgement: Judgement): number {
  return 'by' in judgement ? STAGES.length : STAGES.indexOf(judgement.stage)
}

const STAGES = ['malformed', 'untrusted', 'trusted']
