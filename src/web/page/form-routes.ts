import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRetryable, reasonOf } from '../../error.js'
import { WebError } from '../errors.js'
import type { Operations } from '../operations.js'
import { formOf, takeForms } from '../session-routes.js'
import { failurePage } from './login-page.js'
import type { PageOptions } from './page-options.js'
import { type FormState, pathOf } from './policy-forms.js'

/** What was done, by the word that the address has of it: the page that a form leads to can be loaded again without doing it again. */
const NOTICES: Readonly<Record<string, string>> = {
  polled: 'A look at the repository is ordered.',
  held: 'It is held from now on.',
  released: 'It is released: the next look at the branch writes what is due.',
  none: 'There was nothing to release.',
}

export function noticeOf(url: string): FormState {
  const done = new URLSearchParams(url.split('?')[1]).get('done') ?? ''
  const notice = Object.hasOwn(NOTICES, done) ? NOTICES[done] : undefined
  return notice === undefined ? {} : { notice }
}

/** The page of a policy, with what a form came to. */
export type ShowPolicy = (
  request: FastifyRequest,
  reply: FastifyReply,
  policy: string,
  form: FormState,
) => Promise<string>

const FORM_LIMIT_BYTES = 8 * 1024

type Fields = ReturnType<typeof formOf>
type Order = (operations: Operations, policy: string, fields: Fields) => Promise<string>

/** What each form orders, and the word of what it came to. Fields that are left empty are not said. */
const ORDERS: Readonly<Record<string, Order>> = {
  async poll(operations, policy) {
    await operations.poll(policy, 'page')
    return 'polled'
  },
  async hold(operations, policy, { tag, reason = '', until }) {
    await operations.hold(policy, { tag: said(tag), reason, until: said(until) }, 'page')
    return 'held'
  },
  async release(operations, policy, { tag }) {
    return (await operations.release(policy, said(tag), 'page')) ? 'released' : 'none'
  },
}

/** The forms of a policy's page. A refused one is shown again as it was filled in. */
export function formRoutes(app: FastifyInstance, { access, operations }: PageOptions, show: ShowPolicy): void {
  app.register(async (scope) => {
    takeForms(scope)
    for (const [name, order] of Object.entries(ORDERS)) {
      scope.post<{ Params: { readonly name: string } }>(
        `/policies/:name/${name}`,
        { bodyLimit: FORM_LIMIT_BYTES },
        async (request, reply) => {
          const fields = formOf(request.body)
          const denial = access.denyPost(request, fields.csrf)
          if (denial !== undefined) {
            reply.code(denial.status)
            return failurePage('Not allowed', denial.error)
          }
          return answer(request, reply, () => order(operations, request.params.name, fields))
        },
      )
    }
  })

  async function answer(
    request: FastifyRequest<{ Params: { readonly name: string } }>,
    reply: FastifyReply,
    order: () => Promise<string>,
  ) {
    const { name } = request.params
    try {
      return reply.redirect(`${pathOf(name)}?done=${await order()}`, 303)
    } catch (error) {
      const isInvalid = error instanceof WebError && error.code === 'INVALID'
      if (!isInvalid && !isRetryable(error)) throw error
      reply.code(isInvalid ? 422 : 503)
      const { tag = '', reason = '', until = '' } = formOf(request.body)
      return show(request, reply, name, { error: reasonOf(error), tag, reason, until })
    }
  }
}

function said(text = ''): string | undefined {
  return text.trim() === '' ? undefined : text.trim()
}
