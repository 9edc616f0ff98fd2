import { type FakeRegistry, nextLink, pageAfter, REPOSITORY, sizeIn, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/** GitHub: lists the oldest push first, so that what is new is on the last page (renovatebot/renovate#36103). */
export function startGhcr(): Promise<FakeRegistry> {
  const { refuse, give } = tokenDoor({ path: '/token', service: 'ghcr.io', answer: (token) => ({ token }) })
  return startFakeRegistry({
    refuse,
    other: give,
    list(ask, tags) {
      const size = Math.min(sizeIn(ask, 100), 100)
      const page = pageAfter(tags, ask.query.get('last'), size)
      const headers = page.isLast ? {} : nextLink(`${ask.path}?last=${page.end}&n=${size}`)
      return { status: 200, headers, body: { name: REPOSITORY, tags: page.tags } }
    },
  })
}
