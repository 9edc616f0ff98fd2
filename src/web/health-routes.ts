import type { FastifyInstance } from 'fastify'
import type { WebOptions } from './options.js'

/** What machines ask of a running process. None of it needs a credential, and none shows one. */
export function healthRoutes(app: FastifyInstance, { metrics, ready }: Pick<WebOptions, 'metrics' | 'ready'>): void {
  app.get('/healthz', async () => 'ok')

  app.get('/readyz', async (_request, reply) => {
    const reasons = await ready()
    if (reasons.length === 0) return { ready: true }
    reply.code(503)
    return { ready: false, reasons }
  })

  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics()
    reply.header('content-type', contentType)
    return text
  })
}

/** Where there is no page for people. */
export function textRoot(app: FastifyInstance): void {
  app.get('/', async () => 'Tidemark\n\n/healthz  alive\n/readyz   ready\n/metrics  Prometheus\n')
}
