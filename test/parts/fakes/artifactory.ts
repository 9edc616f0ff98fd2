import { type FakeRegistry, nextLink, REPOSITORY, sizeIn, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/**
 * JFrog Artifactory: the link's path lacks the virtual repository, so that it leads nowhere (RTFACT-18971), and `last` is a
 * number; recognised by `x-jfrog-version` (renovatebot/renovate, lib/modules/datasource/docker).
 */
export function startArtifactory(): Promise<FakeRegistry> {
  const credentials = { username: 'ci@example.com', password: 'made-up:with-colon' }
  const { refuse, give } = tokenDoor({
    path: '/artifactory/api/docker/team/v2/token',
    service: '127.0.0.1',
    login: credentials,
    answer: (token) => ({ token, expires_in: 3_600 }),
  })
  return startFakeRegistry({
    credentials,
    refuse,
    other: give,
    list(ask, tags) {
      const start = Number(ask.query.get('last') ?? 0)
      const end = start + Math.min(sizeIn(ask, 100), 100)
      const headers = end < tags.length ? nextLink(`/v2/app/tags/list?last=${end}&n=100`) : {}
      const body = { name: REPOSITORY, tags: tags.slice(start, end) }
      return { status: 200, headers: { 'x-jfrog-version': 'Artifactory/7.0', ...headers }, body }
    },
  })
}
