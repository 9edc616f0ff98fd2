import type http from 'node:http'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../../lifecycle/clock.js'
import { guardedLookup } from './address.js'
import { createAgent } from './agents.js'
import { environmentProxy, type Proxies } from './proxies.js'
import type { Target } from './redirect.js'
import { secureContexts, type TlsFiles } from './tls.js'

/** How to get to a registry. */
export interface Access {
  /** Where it really is, such as `https://registry-1.docker.io`. */
  readonly origin: string
  readonly tls?: TlsFiles | undefined
  /** Instead of those of the environment. */
  readonly proxy?: string | undefined
  /** Connections to one host at once. Default: 8. */
  readonly concurrency?: number | undefined
  /** Absent: as often as one likes. */
  readonly requestsPerSecond?: number | undefined
}

/** Kept connections, apart from each other where they were opened under different rules. */
export interface Pools {
  /** The agent for one exchange on behalf of a registry, and whether a proxy stands between. */
  agentFor(
    registry: string,
    target: Pick<Target, 'url' | 'reach'>,
  ): { readonly agent: http.Agent; readonly proxied: boolean }
  stop(): void
}

export interface PoolsOptions {
  readonly accessTo: (registry: string) => Access
  readonly proxies: Proxies
  readonly clock: Clock
  readonly tunnelMs: number
}

const CONNECTIONS_PER_HOST = 8

/** A registry may send us to another host each time, whose connections would stay open for as long as that one likes. */
const ELSEWHERE_IDLE_MS = 4_000

export function createPools({ accessTo, proxies, clock, tunnelMs }: PoolsOptions): Pools {
  const agents = new Map<string, http.Agent>()
  const contexts = new Map<string, () => Promise<SecureContext>>()

  const contextOf = (files: TlsFiles | undefined) => {
    if (files === undefined) return undefined
    const key = JSON.stringify([files.ca, files.cert, files.key])
    const context = contexts.get(key) ?? secureContexts(files)
    contexts.set(key, context)
    return context
  }

  return {
    agentFor(registry, { url, reach }) {
      const access = accessTo(registry)
      const proxy = access.proxy === undefined ? environmentProxy(url, proxies) : new URL(access.proxy)
      // Whom the registry sends us to is as trusted as it, but has no claim to our certificate.
      const authorities = access.tls?.ca === undefined ? undefined : { ca: access.tls.ca }
      const tls = url.origin === access.origin ? access.tls : authorities
      const secure = url.protocol === 'https:'
      const key = JSON.stringify([registry, secure, reach, proxy?.href, tls])
      let agent = agents.get(key)
      if (agent === undefined) {
        agent = createAgent(secure, {
          connections: access.concurrency ?? CONNECTIONS_PER_HOST,
          lookup: reach === undefined ? undefined : guardedLookup(reach),
          proxy,
          secureContext: secure ? contextOf(tls) : undefined,
          proxyContext: contextOf(authorities),
          clock,
          tunnelMs,
          idleMs: reach === undefined ? undefined : ELSEWHERE_IDLE_MS,
        })
        agents.set(key, agent)
      }
      return { agent, proxied: proxy !== undefined }
    },
    stop() {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}
