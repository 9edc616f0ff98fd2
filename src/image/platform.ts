/** What an image was built for, in the words of Go that the OCI image specification takes over, such as `linux/arm/v7`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  /** Absent where it is the usual one of its architecture: `v8` of arm64, `v1` of amd64. An arm has always one. */
  readonly variant?: string
}

const PART = /^[a-z0-9][a-z0-9._-]{0,63}$/
const VERSION = /^v([0-9]{1,3})(?:\.[0-9]{1,3})?$/

/** Names that uname and Debian give to what Go calls otherwise (containerd's platforms package, database.go). */
const ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  i386: '386',
}

/** What no variant means; undefined where an architecture has none. */
const USUAL: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8', arm: 'v7' }

/** Reads `os/architecture` or `os/architecture/variant`, in any case and with common other names of architectures. */
export function tryParsePlatform(text: string): Platform | undefined {
  const [os = '', name = '', variant, ...rest] = text.toLowerCase().split('/')
  return rest.length > 0 || variant === '' ? undefined : platformOf(os, name, variant)
}

/** The one form of a platform, or undefined where the parts make none. `unknown` is none: attestations carry it. */
export function platformOf(os: string, architecture: string, variant?: string | undefined): Platform | undefined {
  const [known = '', implied] = (ALIASES[architecture.toLowerCase()] ?? architecture.toLowerCase()).split('/')
  const named = variant?.toLowerCase() || implied
  const parts = [os.toLowerCase(), known, ...(named === undefined ? [] : [named])]
  if (!parts.every((part) => PART.test(part) && part !== 'unknown')) return undefined
  const usual = USUAL[known]
  // Docker spells the variant of arm without its `v` at times.
  const full = named !== undefined && /^[0-9]/.test(named) ? `v${named}` : (named ?? usual)
  const shown = known !== 'arm' && full === usual ? undefined : full
  return { os: os.toLowerCase(), architecture: known, ...(shown !== undefined && { variant: shown }) }
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

/**
 * Whether an image for `built` runs on a machine that is `machine`. A machine runs what was built for an earlier version of
 * its architecture: arm/v7 runs arm/v6, amd64/v3 runs amd64.
 */
export function runsOn(built: Platform, machine: Platform): boolean {
  if (built.os !== machine.os || built.architecture !== machine.architecture) return false
  const wanted = versionOf(built)
  const given = versionOf(machine)
  return wanted === undefined || given === undefined ? built.variant === machine.variant : wanted <= given
}

function versionOf({ architecture, variant = USUAL[architecture] }: Platform): number | undefined {
  const version = VERSION.exec(variant ?? '')?.[1]
  return version === undefined ? undefined : Number(version)
}
