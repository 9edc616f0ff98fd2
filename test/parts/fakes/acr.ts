import { type FakeRegistry, nextLink, pageAfter, REPOSITORY, sizeIn, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/**
 * Azure: a refresh token as the password of the null user (Azure/acr, docs/AAD-OAuth.md), an answer of nothing but
 * `access_token`, and links that end in an empty `orderby` (docs of its tags list).
 */
export function startAcr(): Promise<FakeRegistry> {
  const credentials = { username: '00000000-0000-0000-0000-000000000000', password: 'made-up-refresh-token' }
  const { refuse, give } = tokenDoor({
    path: '/oauth2/token',
    service: 'made-up.azurecr.io',
    login: credentials,
    answer: (token) => ({ access_token: token }),
  })
  return startFakeRegistry({
    credentials,
    refuse,
    other: give,
    list(ask, tags) {
      const size = Math.min(sizeIn(ask, 100), 100)
      const page = pageAfter([...tags].sort(), ask.query.get('last'), size)
      const headers = page.isLast ? {} : nextLink(`${ask.path}?last=${page.end}&n=${size}&orderby=`)
      return { status: 200, headers, body: { name: REPOSITORY, tags: page.tags } }
    },
  })
}
