import type { AddressInfo } from 'node:net'
import { BlockList, isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Access } from './access.js'
import type { Refusal } from './answers.js'

/** Paths that tell nothing to a browser that may not read, and that machines ask for by any name. */
const OF_MACHINES: ReadonlySet<string | undefined> = new Set([
  '/webhooks/:name',
  '/webhooks/:name/:secret',
  '/healthz',
  '/readyz',
  '/metrics',
])

/**
 * Keeps pages elsewhere from reading, by a name that is made to lead to this machine, what everybody on this machine may read.
 * Where a token is needed to read, the cookie that says it is one of our own name only.
 */
export function refuseForeignNames(app: FastifyInstance, access: Access): void {
  app.addHook('onRequest', async (request, reply) => {
    if (OF_MACHINES.has(request.routeOptions.url) || access.isNamedRight(request)) return
    if (!isLoopback(app.server.address() as AddressInfo)) return
    const error = 'Cannot answer under this name: add it to server.names, or set server.readToken'
    return reply.code(421).send({ error } satisfies Refusal)
  })
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

function isLoopback({ address }: AddressInfo): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
