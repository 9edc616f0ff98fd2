import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from './access.js'
import { SESSION_COOKIE } from './sessions.js'

export interface LoginView {
  /** Why the last attempt was refused. */
  readonly error?: string
  /** Where the form leads once a token was right: a path of ours. It posts it back in the field `next`. */
  readonly next: string
}

export interface SessionOptions {
  readonly access: Access
  /** The login page: a form that posts `token` and `next` to `/login`. */
  readonly loginPage: (view: LoginView) => string
}

/** A token and a path are shorter. */
const FORM_LIMIT_BYTES = 8 * 1024

/** `/login` and `/logout`, which only take a browser's forms. */
export function sessionRoutes(app: FastifyInstance, { access, loginPage }: SessionOptions): void {
  app.register(async (scope) => {
    takeForms(scope)

    scope.get<{ Querystring: { readonly next?: unknown } }>('/login', async ({ query }, reply) => {
      showPage(reply)
      return loginPage({ next: pathOf(query.next) })
    })

    scope.post('/login', { bodyLimit: FORM_LIMIT_BYTES }, async (request, reply) => {
      const { token, next } = formOf(request.body)
      const session = access.login(request, token)
      if ('status' in session) {
        showPage(reply.code(session.status))
        return loginPage({ error: session.error, next: pathOf(next) })
      }
      reply.header('set-cookie', cookie(session.id, request))
      return reply.redirect(pathOf(next), 303)
    })

    scope.post('/logout', { bodyLimit: FORM_LIMIT_BYTES }, async (request, reply) => {
      const hasEnded = access.logout(request, formOf(request.body).csrf)
      if (hasEnded) reply.header('set-cookie', `${cookie('', request)}; Max-Age=0`)
      return reply.redirect('/', 303)
    })
  })
}

/** Forms of this scope are read, and nothing else is. Their fields are read by `formOf`. */
export function takeForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
}

/** The fields of a posted form: the last one of a name counts. */
export function formOf(body: unknown): Readonly<Record<string, string | undefined>> {
  return Object.assign(
    Object.create(null),
    Object.fromEntries(new URLSearchParams(typeof body === 'string' ? body : '')),
  )
}

function showPage(reply: FastifyReply): void {
  reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY)
}

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/** What came from elsewhere leads nowhere else: browsers take `//` and `/\` for another host. */
function pathOf(next: unknown): string {
  return typeof next === 'string' && next.length <= 1_000 && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next)
    ? next
    : '/'
}

function cookie(id: string, request: FastifyRequest): string {
  const isHttps = /^https\b/.test(String(request.headers['x-forwarded-proto']))
  return `${SESSION_COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`
}
