import {
  DIGEST,
  type FakeRegistry,
  nextLink,
  pageAfter,
  REPOSITORY,
  sizeIn,
  startFakeRegistry,
} from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/**
 * Gitea and Forgejo: two challenges in one header, scope `*`, a link on every page that has tags, also on the last one, and
 * null on the one after it (go-gitea/gitea, routers/api/packages/container).
 */
export function startGitea(): Promise<FakeRegistry> {
  const { refuse, give } = tokenDoor({
    path: '/v2/token',
    service: 'container_registry',
    scope: '*',
    afterChallenge: ',Basic realm="container_registry"',
    answer: (token) => ({ token }),
  })
  return startFakeRegistry({
    refuse,
    other: give,
    manifestHeaders: { etag: `"${DIGEST}"` },
    list(ask, tags) {
      const size = Math.min(sizeIn(ask, 100), 100)
      const page = pageAfter([...tags].sort(), ask.query.get('last'), size)
      if (page.tags.length === 0) return { status: 200, body: { name: REPOSITORY, tags: null } }
      const headers = nextLink(`${ask.path}?last=${page.end}&n=${size}`)
      return { status: 200, headers, body: { name: REPOSITORY, tags: page.tags } }
    },
  })
}
