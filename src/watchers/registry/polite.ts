import { type Repository, repositoryKey } from '../../image/repository.js'
import type { Clock } from '../../lifecycle/clock.js'
import { isPausing } from '../../lifecycle/pause.js'
import { createTurns, type Turns } from '../../lifecycle/turns.js'
import { type Circuit, createCircuit, type Rest } from './circuit.js'
import { RegistryError, type RegistryErrorCode } from './errors.js'
import type { Registry } from './registry.js'

export interface PolitenessOptions {
  /** How many calls to a host may be under way at once. */
  readonly concurrency: (host: string) => number
  readonly clock: Clock
  readonly random: () => number
  readonly onRest?: ((rest: HostRest) => void) | undefined
  readonly onRecovery?: ((host: string) => void) | undefined
}

export interface HostRest extends Rest {
  readonly registry: string
}

/** What a failure says of the whole host. Every other one is an answer, and so a sign of life. */
const FAILURES: ReadonlySet<RegistryErrorCode> = new Set(['UNREACHABLE', 'UNAVAILABLE'])
/** Ends a call before the host was asked. */
const OWN_FAILURES: ReadonlySet<RegistryErrorCode> = new Set(['CREDENTIALS', 'REFUSED_TARGET', 'RESTING', 'SPARED'])

/**
 * Calls a registry with a bounded number of calls at once per host, first come, first served, and leaves a host alone that
 * fails or has asked for silence: a call fails at once then, with `RESTING`, so that one host never holds up another.
 */
export function politeRegistry(registry: Registry, options: PolitenessOptions): Registry {
  const hosts = new Map<string, Host>()

  const hostOf = (name: string): Host => {
    let host = hosts.get(name)
    if (host === undefined) {
      host = {
        turns: createTurns(() => options.concurrency(name)),
        circuit: createCircuit(options.clock, options.random),
        told: new Set(),
      }
      hosts.set(name, host)
    }
    return host
  }

  async function call<T>(repository: Repository, what: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    const host = hostOf(repository.registry)
    refuse(host, what)
    const leave = await host.turns.take(signal)
    try {
      refuse(host, what) // it may have begun to rest meanwhile
      const rest = host.circuit.enter()
      if (rest !== undefined) throw resting(what, rest)
      return await judged(host, repository, ask)
    } finally {
      leave()
    }
  }

  // What counts as a pull tells nothing of the host, so that Docker Hub's limit of pulls ends no polls.
  async function spare<T>(host: Host, what: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    refuse(host, what)
    const leave = await host.turns.take(signal)
    try {
      const rest = host.circuit.enter()
      if (rest !== undefined) throw resting(what, rest)
      try {
        return await ask()
      } finally {
        host.circuit.abandoned()
      }
    } finally {
      leave()
    }
  }

  async function judged<T>(host: Host, repository: Repository, ask: () => Promise<T>): Promise<T> {
    const { circuit } = host
    const recover = () => {
      circuit.succeeded()
      if (host.told.size === 0 || isSilent(host)) return
      host.told.clear()
      options.onRecovery?.(repository.registry)
    }
    try {
      const answer = await ask()
      recover()
      return answer
    } catch (error) {
      if (!(error instanceof RegistryError) || OWN_FAILURES.has(error.code)) circuit.abandoned()
      else if (FAILURES.has(error.code)) {
        const rest = circuit.failed(repositoryKey(repository), error.message)
        if (rest !== undefined) tellOnce(host, 'failure', { registry: repository.registry, ...rest })
      } else if (error.code === 'RATE_LIMITED') {
        circuit.succeeded()
        beSilent(host, repository.registry, error)
      } else recover()
      throw error
    }
  }

  function beSilent(host: Host, registry: string, { message, retryAt }: RegistryError): void {
    const now = options.clock.now()
    const asked = Math.max(retryAt ?? now + SILENCE_MS, now + SHORTEST_SILENCE_MS)
    const until = Math.max(asked, isSilent(host) ? (host.silence?.until ?? 0) : 0)
    host.silence = { reason: message, until }
    tellOnce(host, 'silence', { registry, ...host.silence })
  }

  // An outage is one, however often it is found to last.
  function tellOnce(host: Host, kind: 'failure' | 'silence', rest: HostRest): void {
    if (host.told.has(kind)) return
    host.told.add(kind)
    options.onRest?.(rest)
  }

  function refuse(host: Host, what: string): void {
    if (host.silence !== undefined && isSilent(host)) throw resting(what, host.silence)
  }

  function isSilent({ silence }: Host): boolean {
    return silence !== undefined && isPausing(silence.until, options.clock.now(), LONGEST_SILENCE_MS)
  }

  return {
    listTags: (repository, ask) =>
      call(repository, `list tags of "${repositoryKey(repository)}"`, ask.signal, () =>
        registry.listTags(repository, ask),
      ),
    resolveDigest: (repository, tag, ask) =>
      call(repository, `resolve "${repositoryKey(repository)}:${tag}"`, ask.signal, () =>
        registry.resolveDigest(repository, tag, ask),
      ),
    describeManifest: (repository, digest, ask) =>
      spare(hostOf(repository.registry), `describe "${repositoryKey(repository)}@${digest}"`, ask.signal, () =>
        registry.describeManifest(repository, digest, ask),
      ),
    readSignatures: (repository, digest, ask) =>
      spare(
        hostOf(repository.registry),
        `read signatures of "${repositoryKey(repository)}@${digest}"`,
        ask.signal,
        () => registry.readSignatures(repository, digest, ask),
      ),
    stop: () => registry.stop(),
  }
}

interface Host {
  readonly turns: Turns
  readonly circuit: Circuit
  /** What has been told of the trouble that it is in. */
  readonly told: Set<'failure' | 'silence'>
  /** What the host asked for by 429. */
  silence?: Rest
}

/** For a host that does not say how long. */
const SILENCE_MS = 60_000
/** Who refuses and names no pause, `Retry-After: 0`, is still asked less. */
const SHORTEST_SILENCE_MS = 1_000
/** No `Retry-After` is taken for more. */
const LONGEST_SILENCE_MS = 3_600_000

function resting(what: string, { reason, until }: Rest): RegistryError {
  const message = `Cannot ${what}: registry is left alone until ${new Date(until).toISOString()} (${reason})`
  return new RegistryError('RESTING', message, { retryable: true, retryAt: until })
}
