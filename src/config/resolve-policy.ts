import { tryParsePlatform } from '../image/platform.js'
import { parseRepository } from '../image/repository.js'
import type { Select } from '../policies/create.js'
import type { TagFilter } from '../policies/filter.js'
import type { Demands, Hold } from '../policies/gates.js'
import { parseInstant } from '../policies/local-time.js'
import type { WindowTexts } from '../policies/window.js'
import { checked, milliseconds } from './checked.js'
import type { PolicyConfig, Schedule, SignatureConfig, WriteConfig } from './configuration.js'
import { DEFAULTS } from './defaults.js'
import type { KeyFiles } from './key-files.js'
import type { Path } from './node.js'
import type { PolicyFile } from './schema.js'

type PolicyEntry = NonNullable<PolicyFile['policies']>[string]
type Require = NonNullable<PolicyEntry['require']>

/** Makes a path absolute, which stands at these keys of the policy. */
type Absolute = (keys: Path, path: string) => string

/** Applies the defaults to one policy without faults. */
export function resolvePolicy(name: string, policy: PolicyEntry, absolute: Absolute, keys: KeyFiles): PolicyConfig {
  const signature = policy.require?.signature
  const window = policy.window && resolveWindow(policy.window)
  return {
    name,
    image: policy.image,
    repository: parseRepository(policy.image),
    schedule: resolveSchedule(policy),
    ...(policy.tags !== undefined && { tags: resolveTags(policy.tags) }),
    select: resolveSelect(policy.select),
    // A tag that is followed for its digest has nothing else to write: to pin it means the same there.
    digest: policy.select.digest === undefined ? (policy.digest ?? DEFAULTS.policy.digest) : 'refresh',
    fallback: String(policy.fallback ?? DEFAULTS.policy.fallback) === 'true',
    ageFrom: policy.require?.ageFrom ?? DEFAULTS.require.ageFrom,
    demands: resolveDemands(policy),
    ...(signature !== undefined && { signature: resolveSignature(signature, absolute, keys) }),
    ...(window !== undefined && { window }),
    downgrade: policy.downgrade ?? DEFAULTS.policy.downgrade,
    write: (policy.write ?? []).map(resolveWrite),
  }
}

function resolveWrite({ git, files, paths }: NonNullable<PolicyEntry['write']>[number]): WriteConfig {
  return { git, ...(files !== undefined && { files }), ...(paths !== undefined && { paths }) }
}

function resolveTags({ include, exclude, extract }: NonNullable<PolicyEntry['tags']>): TagFilter {
  return {
    ...(include !== undefined && { include }),
    ...(exclude !== undefined && { exclude }),
    ...(extract !== undefined && { extract }),
  }
}

function resolveSelect(select: PolicyEntry['select']): Select {
  const { semver, numerical, alphabetical, newest, digest, same, like } = select
  if (numerical !== undefined) return { numerical }
  if (alphabetical !== undefined) return { alphabetical }
  if (newest !== undefined) return { newest }
  if (digest !== undefined) return { digest }
  if (same !== undefined) return { same }
  if (like !== undefined) return { like }
  return { semver: checked(semver, undefined) }
}

function resolveSchedule({ interval, schedule, timezone }: PolicyEntry): Schedule {
  if (schedule === undefined)
    return { type: 'interval', intervalMs: milliseconds(interval ?? DEFAULTS.policy.interval) }
  return { type: 'cron', expression: schedule, ...(timezone !== undefined && { timezone }) }
}

function resolveDemands({ require = {}, after, holds = [], window }: PolicyEntry): Demands {
  const { minimumAge, platforms, signature } = require
  const minimumAgeMs = milliseconds(minimumAge ?? '0s')
  return {
    ...(holds.length > 0 && { holds: holds.map((hold) => resolveHold(hold, window?.timezone ?? 'UTC')) }),
    ...(minimumAgeMs > 0 && { minimumAgeMs }),
    ...(after && { after: { policy: after.policy, soakMs: milliseconds(after.soak ?? DEFAULTS.after.soak) } }),
    ...(platforms && { platforms: platforms.map((text) => checked(tryParsePlatform(text), text)) }),
    ...(signature && { signed: true }),
  }
}

function resolveHold({ tag, reason, until }: NonNullable<PolicyEntry['holds']>[number], timezone: string): Hold {
  return { tag, reason, ...(until !== undefined && { until: checked(parseInstant(until, timezone), until) }) }
}

/** A time zone alone opens and closes nothing. */
function resolveWindow({ allow, freeze, timezone }: NonNullable<PolicyEntry['window']>): WindowTexts | undefined {
  if (allow === undefined && freeze === undefined) return undefined
  return {
    ...(allow !== undefined && { allow }),
    ...(freeze !== undefined && { freeze }),
    ...(timezone !== undefined && { timezone }),
  }
}

function resolveSignature(
  { cosign, keyless }: NonNullable<Require['signature']>,
  absolute: Absolute,
  keys: KeyFiles,
): SignatureConfig {
  if (cosign !== undefined) {
    const path = absolute(['require', 'signature', 'cosign'], cosign)
    return { cosign: { pem: checked(keys.get(path), cosign), file: cosign } }
  }
  const { issuer, identity, identityPattern, trustedRoot } = checked(keyless, undefined)
  return {
    keyless: {
      issuer,
      ...(identity !== undefined && { identity }),
      ...(identityPattern !== undefined && { identityPattern }),
      ...(trustedRoot !== undefined && {
        trustedRoot: absolute(['require', 'signature', 'keyless', 'trustedRoot'], trustedRoot),
      }),
    },
  }
}
