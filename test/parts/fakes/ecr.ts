import {
  basic,
  error,
  type FakeRegistry,
  nextLink,
  pageAfter,
  REPOSITORY,
  sizeIn,
  startFakeRegistry,
} from './fake-registry.js'

/**
 * Amazon ECR: a Basic challenge, tags in no order, an opaque `last` in an absolute link, and 405 for more than `most` tags per
 * page (google/go-containerregistry#681). The real one takes 1,000: pass fewer to see its refusal.
 */
export function startEcr(most = 60): Promise<FakeRegistry> {
  const credentials = { username: 'AWS', password: 'made-up-password-for-twelve-hours' }
  return startFakeRegistry({
    credentials,
    refuse({ host, authorization }) {
      if (authorization === basic(credentials)) return undefined
      const challenge = `Basic realm="http://${host}/",service="ecr.amazonaws.com"`
      return { status: 401, headers: { 'www-authenticate': challenge }, body: 'Not Authorized\n' }
    },
    list(ask, tags) {
      const size = sizeIn(ask, 100)
      if (size > most) {
        const constraint = `Member must have value less than or equal to ${most}`
        return error(
          405,
          'UNSUPPORTED',
          `Invalid parameter at 'maxResults' failed to satisfy constraint: '${constraint}'`,
        )
      }
      const shuffled = [...tags.filter((_, index) => index % 2 === 1), ...tags.filter((_, index) => index % 2 === 0)]
      const last = ask.query.get('last')
      const page = pageAfter(shuffled, last && Buffer.from(last, 'base64').toString(), size)
      const cursor = encodeURIComponent(Buffer.from(page.end).toString('base64'))
      const headers = page.isLast ? {} : nextLink(`http://${ask.host}${ask.path}?last=${cursor}&n=${size}`)
      return { status: 200, headers, body: { name: REPOSITORY, tags: page.tags } }
    },
  })
}
