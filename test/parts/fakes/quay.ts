import { DIGEST, type FakeRegistry, REPOSITORY, sortedList, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/**
 * Quay: at most 100 tags per page whatever is asked for (quay/quay, endpoints/v2/__init__.py), a token's answer of nothing but
 * the token, and an API that lists the newest tags first (endpoints/api/tag.py).
 */
export function startQuay(): Promise<FakeRegistry> {
  const { refuse, give } = tokenDoor({ path: '/v2/auth', service: 'quay.io', answer: (token) => ({ token }) })
  return startFakeRegistry({
    refuse,
    list: (ask, tags) => sortedList(ask, tags, 100),
    other(ask, tags) {
      if (ask.path !== `/api/v1/repository/${REPOSITORY}/tag/`) return give(ask)
      const limit = Number(ask.query.get('limit') ?? 50)
      const newest = [...tags].reverse().slice(0, limit)
      const facts = { manifest_digest: DIGEST, start_ts: 1_700_000_001, reversion: false }
      const body = { tags: newest.map((name) => ({ name, ...facts })), page: 1, has_additional: tags.length > limit }
      return { status: 200, body }
    },
  })
}
