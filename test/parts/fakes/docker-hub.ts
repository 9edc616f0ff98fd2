import { DIGEST, type FakeRegistry, REPOSITORY, sortedList, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

const PUSHED_AT = '2023-11-14T22:13:21.123456Z'

/**
 * Docker Hub: an anonymous token is needed for public images too; manifests tell how many pulls are left (Docker's
 * documentation, "Docker Hub pull usage and limits"). Its API lists the newest tags first, counts them and dates them ("Docker Hub API").
 */
export function startDockerHub(): Promise<FakeRegistry> {
  const { refuse, give } = tokenDoor({
    path: '/token',
    service: 'registry.docker.io',
    answer: (token) => ({ token, access_token: token, expires_in: 300, issued_at: new Date().toISOString() }),
  })
  return startFakeRegistry({
    refuse,
    list: sortedList,
    manifestHeaders: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' },
    other(ask, tags) {
      if (ask.path !== `/v2/repositories/${REPOSITORY}/tags`) return give(ask)
      const size = Number(ask.query.get('page_size') ?? 10)
      const results = [...tags].reverse().slice(0, size)
      const facts = { digest: DIGEST, last_updated: PUSHED_AT, tag_last_pushed: PUSHED_AT }
      const body = { count: tags.length, next: null, results: results.map((name) => ({ name, ...facts })) }
      return { status: 200, body }
    },
  })
}
