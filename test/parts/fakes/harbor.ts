import { error, type FakeRegistry, sortedList, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/**
 * Harbor: offers Bearer only to a request without any authorization, and Basic to one with a wrong one (goharbor/harbor,
 * src/server/middleware/v2auth/auth.go). A robot's name has a dollar sign.
 */
export function startHarbor(): Promise<FakeRegistry> {
  const credentials = { username: 'robot$ci', password: 'made-up' }
  const { refuse, give } = tokenDoor({
    path: '/service/token',
    service: 'harbor-registry',
    login: credentials,
    answer: (token) => ({ token, access_token: '', expires_in: 1_800, issued_at: '' }),
  })
  return startFakeRegistry({
    credentials,
    refuse(ask) {
      const refusal = refuse(ask)
      if (refusal === undefined || ask.authorization === undefined) return refusal
      return error(401, 'UNAUTHORIZED', 'unauthorized', { 'www-authenticate': 'Basic realm="harbor"' })
    },
    list: sortedList,
    other: give,
  })
}
