import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRetryable, reasonOf } from '../../error.js'
import type { Overview, PolicyStatus, Status } from '../../status/status.js'
import type { Access } from '../access.js'
import { statusOf, untilGone } from '../answers.js'
import { WebError } from '../errors.js'
import { ASSETS } from './assets.js'
import { branchesPage } from './branches-page.js'
import { createChanges } from './changes.js'
import { type DocumentOptions, documentText, type Viewer } from './document.js'
import { filterOf, pathOf } from './filter.js'
import { formRoutes, noticeOf, type ShowPolicy } from './form-routes.js'
import { failurePage } from './login-page.js'
import { glance, overviewPage } from './overview-page.js'
import type { PageOptions } from './page-options.js'
import { pathOf as policyPath } from './policy-forms.js'
import { policyPage } from './policy-page.js'
import { queuesPage } from './queues-page.js'
import { registriesPage } from './registries-page.js'

/** The status page: for reading, its forms, and what it is made of. Login is of `sessionRoutes`. */
export function pageRoutes(app: FastifyInstance, options: PageOptions): void {
  assetRoutes(app)
  app.register(async (scope) => {
    answerWithPages(scope, options)
    eventRoute(scope, options)
    scope.register(async (pages) => {
      pages.addHook('onRequest', async (request, reply) => {
        reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY)
        if (!options.access.reader(request)) reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303)
      })
      overviewRoutes(pages, options)
      policyRoutes(pages, options)
    })
  })
}

/** Everything is ours and in files of its own: a value that escaped its escaping could run nothing and load nothing. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

function assetRoutes(app: FastifyInstance): void {
  for (const { path, type, text } of ASSETS) {
    app.get(path, async (_request, reply) => {
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable')
      return text
    })
  }
}

function overviewRoutes(app: FastifyInstance, { status, access }: PageOptions): void {
  const show = (request: FastifyRequest, overview: Overview, page: Omit<DocumentOptions, 'viewer' | 'version'>) =>
    documentText({
      ...page,
      viewer: viewerOf(access, request),
      version: overview.version,
      isFailing: overview.counts.failing > 0,
    })

  app.get('/', async (request) => {
    const overview = await status.overview()
    const filter = filterOf(new URLSearchParams(request.url.split('?')[1]))
    const title = overview.counts.failing > 0 ? `${overview.counts.failing} failing` : glance(overview.counts)
    return show(request, overview, {
      title,
      section: '/',
      refresh: pathOf(filter),
      main: overviewPage(overview, filter),
    })
  })

  for (const [path, title, main] of [
    ['/registries', 'Registries', registriesPage],
    ['/branches', 'Git branches', branchesPage],
    ['/queues', 'Queues', queuesPage],
  ] as const) {
    app.get(path, async (request) => {
      const overview = await status.overview()
      return show(request, overview, { title, section: path, refresh: path, main: main(overview) })
    })
  }
}

function policyRoutes(app: FastifyInstance, options: PageOptions): void {
  const { status, access, clock } = options

  const show: ShowPolicy = async (request, reply, name, form) => {
    const policy = await policyOf(status, reply, name)
    const viewer = viewerOf(access, request)
    return documentText({
      title: policy.name,
      viewer,
      isFailing: policy.state === 'failing',
      // A refused form is left as it stands, for somebody is about to correct it.
      ...(form.error === undefined && { refresh: policyPath(policy.name) + searchOf(request) }),
      main: policyPage({ policy, now: clock.now(), viewer, form }),
    })
  }
  app.get<PolicyRoute>('/policies/:name', async (request, reply) =>
    show(request, reply, request.params.name, noticeOf(request.url)),
  )
  formRoutes(app, options, show)
}

interface PolicyRoute {
  readonly Params: { readonly name: string }
}

function searchOf({ url }: FastifyRequest): string {
  const { notice } = noticeOf(url)
  return notice === undefined ? '' : url.slice(url.indexOf('?'))
}

async function policyOf(status: Status, reply: FastifyReply, name: string): Promise<PolicyStatus> {
  const policy = await status.policy(name, untilGone(reply))
  if (policy === undefined)
    throw new WebError('UNKNOWN_POLICY', `Cannot find policy "${name}": there is none of this name`)
  return policy
}

function viewerOf(access: Access, request: FastifyRequest): Viewer {
  const session = access.sessionOf(request)
  return {
    csrf: session && access.csrfToken(session),
    operates: access.admin(request),
    hasOperations: access.hasOperations(),
  }
}

function eventRoute(app: FastifyInstance, { status, access, clock }: PageOptions): void {
  const changes = createChanges(status, clock)
  app.addHook('preClose', async () => changes.end())
  // Whoever asks for the head of what has no end would wait for it, and take the place of one who listens.
  app.get('/events', { exposeHeadRoute: false }, async (request, reply) => {
    if (!access.reader(request)) {
      reply.code(401)
      return { error: 'Cannot listen: log in' }
    }
    reply.hijack()
    if (changes.listen(reply.raw, () => access.reader(request))) return reply
    reply.raw.writeHead(503, { 'retry-after': '30' }).end()
    return reply
  })
}

/** Failures of pages are pages. The text of a defect stays in the process. */
function answerWithPages(app: FastifyInstance, { onFailure }: PageOptions): void {
  app.setErrorHandler(async (thrown, request, reply: FastifyReply) => {
    const { status, title, reason } = failureOf(thrown)
    if (status === 500) onFailure?.({ path: request.routeOptions.url ?? '', reason: reasonOf(thrown) })
    reply.code(status).type('text/html; charset=utf-8')
    return failurePage(title, reason)
  })
}

function failureOf(thrown: unknown): { readonly status: number; readonly title: string; readonly reason: string } {
  if (thrown instanceof WebError && thrown.code === 'UNKNOWN_POLICY') {
    return { status: 404, title: 'Not found', reason: thrown.message }
  }
  if (isRetryable(thrown)) {
    return { status: 503, title: 'Out of reach', reason: 'What is to be shown cannot be read: the queue is away.' }
  }
  const status = statusOf(thrown)
  if (status < 500) return { status, title: 'Refused', reason: reasonOf(thrown) }
  return { status: 500, title: 'Internal error', reason: 'The log says more.' }
}
