import { createHash } from 'node:crypto'
import {
  type Ask,
  DIGEST,
  error,
  type FakeRegistry,
  type Login,
  nextLink,
  pageAfter,
  REPOSITORY,
  type Reply,
  sizeIn,
  startFakeRegistry,
} from './fake-registry.js'
import { tokenDoor } from './tokens.js'

export interface GhcrOptions {
  /** Who may pull. Absent: everybody. */
  readonly login?: Login
  /** Versions without a tag beside the image, as those that an index refers to. */
  readonly untagged?: number
}

/**
 * GitHub: lists the oldest push first, so that what is new is on the last page (renovatebot/renovate#36103). Its API lists the
 * versions of a package with their tags ("REST API endpoints for packages"), to tokens only, with an ETag ("Best practices for
 * using the REST API") and with links between pages ("Using pagination in the REST API"). The owner is a user.
 */
export function startGhcr({ login, untagged = 0 }: GhcrOptions = {}): Promise<FakeRegistry> {
  const { refuse, give } = tokenDoor({
    path: '/token',
    service: 'ghcr.io',
    ...(login && { login }),
    answer: (token) => ({ token }),
  })
  return startFakeRegistry({
    ...(login && { credentials: login }),
    refuse,
    other: (ask, tags) => (ask.path === VERSIONS ? versions(ask, tags) : give(ask)),
    list(ask, tags) {
      const size = Math.min(sizeIn(ask, 100), 100)
      const page = pageAfter(tags, ask.query.get('last'), size)
      const headers = page.isLast ? {} : nextLink(`${ask.path}?last=${page.end}&n=${size}`)
      return { status: 200, headers, body: { name: REPOSITORY, tags: page.tags } }
    },
  })

  function versions(ask: Ask, tags: readonly string[]): Reply {
    if (ask.authorization !== `Bearer ${login?.password}`) return error(401, '', 'Bad credentials')
    const all = [version(0, DIGEST, tags)]
    for (let id = 1; id <= untagged; id++) all.push(version(id, `sha256:${sha256(`${id}`)}`, []))
    const size = Number(ask.query.get('per_page') ?? 30)
    const body = JSON.stringify(all.slice(0, size))
    const etag = `W/"${sha256(body)}"`
    if (ask.known === etag) return { status: 304, headers: { etag } }
    const next = all.length > size ? nextLink(`http://${ask.host}${ask.path}?per_page=${size}&page=2`) : {}
    return { status: 200, headers: { etag, ...next }, body }
  }
}

const VERSIONS = `/users/${REPOSITORY.replace('/', '/packages/container/')}/versions`

function version(id: number, name: string, tags: readonly string[]) {
  const at = '2023-11-14T22:13:21Z'
  return { id, name, created_at: at, updated_at: at, metadata: { package_type: 'container', container: { tags } } }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
