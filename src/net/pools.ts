import type http from 'node:http'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../lifecycle/clock.js'
import { guardedLookup, type Reach } from './address.js'
import { createAgent } from './agents.js'
import { environmentProxy, type Proxies } from './proxies.js'
import { secureContexts, type TlsFiles } from './tls.js'

/** How to get to a server. */
export interface Route {
  /** Such as `https://registry-1.docker.io`. */
  readonly origin: string
  readonly tls?: TlsFiles | undefined
  /** Instead of those of the environment. */
  readonly proxy?: string | undefined
  /** Connections to one host at once. Default: 8. */
  readonly concurrency?: number | undefined
}

/** Where one exchange goes. */
export interface Hop {
  readonly url: URL
  /** How near its host may be, where a server named it. Absent for the host that the configuration names. */
  readonly reach: Reach | undefined
}

/** Kept connections, apart from each other where they were opened under different rules. */
export interface Pools {
  /** The agent for one exchange on behalf of a server, and whether a proxy stands between. */
  agentFor(server: string, hop: Hop): { readonly agent: http.Agent; readonly proxied: boolean }
  stop(): void
}

export interface PoolsOptions {
  readonly routeTo: (server: string) => Route
  readonly proxies: Proxies
  readonly clock: Clock
  readonly tunnelMs: number
  /** How long a connection to a configured host is kept unused. Absent: that is for the host to say. */
  readonly idleMs?: number | undefined
}

const CONNECTIONS_PER_HOST = 8

/** A server may send us to another host each time, whose connections would stay open for as long as that one likes. */
const ELSEWHERE_IDLE_MS = 4_000

export function createPools({ routeTo, proxies, clock, tunnelMs, idleMs }: PoolsOptions): Pools {
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
    agentFor(server, { url, reach }) {
      const route = routeTo(server)
      const proxy = route.proxy === undefined ? environmentProxy(url, proxies) : new URL(route.proxy)
      // Whom the server sends us to is as trusted as it, but has no claim to our certificate.
      const authorities = route.tls?.ca === undefined ? undefined : { ca: route.tls.ca }
      const tls = url.origin === route.origin ? route.tls : authorities
      const secure = url.protocol === 'https:'
      const key = JSON.stringify([server, secure, reach, proxy?.href, tls])
      let agent = agents.get(key)
      if (agent === undefined) {
        agent = createAgent(secure, {
          connections: route.concurrency ?? CONNECTIONS_PER_HOST,
          lookup: reach === undefined ? undefined : guardedLookup(reach),
          proxy,
          secureContext: secure ? contextOf(tls) : undefined,
          proxyContext: contextOf(authorities),
          clock,
          tunnelMs,
          idleMs: reach === undefined ? idleMs : ELSEWHERE_IDLE_MS,
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
