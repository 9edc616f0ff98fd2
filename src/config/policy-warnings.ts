import { repositoryKey } from '../image/repository.js'
import { parseInstant } from '../policies/local-time.js'
import type { PolicyConfig } from './configuration.js'
import { suggestion } from './nearest.js'
import type { Path } from './node.js'

export interface Warning {
  readonly path: Path
  readonly message: string
}

/** What is allowed of policies and probably not meant, at an instant in milliseconds since the Unix epoch. */
export function* policyWarnings(policies: readonly PolicyConfig[], now: number): Generator<Warning> {
  const byName = new Map(policies.map((policy) => [policy.name, policy]))
  for (const policy of policies) {
    const path = ['policies', policy.name]
    yield* selectWarnings(policy, path)
    yield* platformWarnings(policy, path)
    yield* signatureWarnings(policy, path)
    yield* afterWarnings(policy, byName.get(policy.demands.after?.policy ?? ''), path)
    yield* holdWarnings(policy, path, now)
    yield* freezeWarnings(policy, path, now)
  }
}

function* selectWarnings({ select, write }: PolicyConfig, path: Path): Generator<Warning> {
  const key = 'same' in select ? 'same' : 'like' in select ? 'like' : undefined
  if (key === undefined || write.length > 0) return
  yield { path: [...path, 'select', key], message: 'selects nothing without "write": it goes by the tag in Git' }
}

/** What images are built for, of the words of Go's `GOOS` and `GOARCH` that the OCI image specification takes over. */
const SYSTEMS = 'linux windows darwin freebsd wasip1 wasi'.split(' ')
const ARCHITECTURES = '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm'.split(
  ' ',
)

function* platformWarnings({ demands: { platforms = [] } }: PolicyConfig, path: Path): Generator<Warning> {
  for (const [index, { os, architecture }] of platforms.entries()) {
    const [word, known] = SYSTEMS.includes(os) ? [architecture, ARCHITECTURES] : [os, SYSTEMS]
    if (known.includes(word)) continue
    const message = `images are hardly built for ${JSON.stringify(word)}${suggestion(word, known)}`
    yield { path: [...path, 'require', 'platforms', index], message }
  }
}

function* signatureWarnings({ demands, digest }: PolicyConfig, path: Path): Generator<Warning> {
  if (!demands.signed || digest !== 'none') return
  const message = 'once the tag is moved, another image runs than the one that was verified: set "digest: pin"'
  yield { path: [...path, 'require', 'signature'], message }
}

function* afterWarnings({ repository }: PolicyConfig, first: PolicyConfig | undefined, path: Path): Generator<Warning> {
  if (first === undefined || repositoryKey(first.repository) === repositoryKey(repository)) return
  const message = `the policy ${JSON.stringify(first.name)} watches another image: only the tags are compared`
  yield { path: [...path, 'after', 'policy'], message }
}

function* holdWarnings({ demands: { holds = [] } }: PolicyConfig, path: Path, now: number): Generator<Warning> {
  for (const [index, { until = Number.POSITIVE_INFINITY }] of holds.entries()) {
    if (until <= now)
      yield { path: [...path, 'holds', index, 'until'], message: 'the hold is over and can be taken out' }
  }
}

function* freezeWarnings({ window }: PolicyConfig, path: Path, now: number): Generator<Warning> {
  for (const [index, text] of (window?.freeze ?? []).entries()) {
    if (isOver(text, window?.timezone, now)) {
      yield { path: [...path, 'window', 'freeze', index], message: 'the freeze is over and can be taken out' }
    }
  }
}

/** A day with an hour twice. */
const LONGEST_DAY_MS = 25 * 3_600_000

function isOver(freeze: string, timezone: string | undefined, now: number): boolean {
  const last = freeze.slice(freeze.lastIndexOf('/') + 1).trim()
  const end = parseInstant(last, timezone) ?? Number.POSITIVE_INFINITY
  const isDay = last.length === 'YYYY-MM-DD'.length
  return now >= (isDay ? end + LONGEST_DAY_MS : end)
}
