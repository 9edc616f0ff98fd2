import type { TestContext } from 'node:test'
import { JobsError } from '../../../src/jobs/errors.js'
import { type AccessRules, accessOf } from '../../../src/web/access.js'
import { WebError } from '../../../src/web/errors.js'
import type { Operations } from '../../../src/web/operations.js'
import { manualClock } from '../../parts/manual-clock.js'
import { startedWeb } from '../started-web.js'
import { madeUpPolicy, madeUpStatus, NOW } from './made-up-status.js'

export const ADMIN_TOKEN = 'a-made-up-token-to-operate'
export const READ_TOKEN = 'a-made-up-token-to-read'

/** A server that shows a made-up status and notes what is ordered. Time stands still until it is moved. */
export async function startedPage(test: TestContext, rules: AccessRules = { adminToken: ADMIN_TOKEN }) {
  const clock = manualClock(NOW)
  const status = madeUpStatus([madeUpPolicy('app'), madeUpPolicy('team/app')])
  const orders: unknown[] = []
  const started = await startedWeb(test, {
    status,
    clock,
    access: accessOf({ rules: () => rules, clock }),
    operations: noting(orders),
  })
  const { url } = started.web
  return {
    ...started,
    clock,
    status,
    orders,
    get: (path: string, cookie = '') => fetch(url + path, { redirect: 'manual', headers: { cookie } }),
    /** Posts a form as a page of the server does. */
    submit: (path: string, fields: Readonly<Record<string, string>>, cookie = '') =>
      fetch(url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, origin: url },
        body: new URLSearchParams(fields),
      }),
    async logIn(token = ADMIN_TOKEN): Promise<string> {
      const response = await fetch(`${url}/login`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ token }),
      })
      return response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
    },
  }
}

/** Refuses the reason "nothing", and is away for "away". */
function noting(orders: unknown[]): Operations {
  return {
    async poll(policy, by) {
      orders.push(['poll', policy, by])
    },
    async hold(policy, wish, by) {
      if (wish.reason === 'nothing') throw new WebError('INVALID', 'Cannot hold for this reason: say why')
      if (wish.reason === 'away') throw new JobsError('UNAVAILABLE', 'Cannot reach queue', { retryable: true })
      if (wish.reason === 'defect') throw new TypeError('of the inside')
      orders.push(['hold', policy, wish, by])
      return { reason: wish.reason, at: NOW }
    },
    async release(policy, tag, by) {
      orders.push(['release', policy, tag, by])
      return tag !== 'free'
    },
  }
}
