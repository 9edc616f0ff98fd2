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

/** Sonatype Nexus: an absolute link with a path of its own that the port of the repository refuses (sonatype/nexus-public#1011). */
export function startNexus(): Promise<FakeRegistry> {
  const credentials = { username: 'ci', password: 'made-up' }
  return startFakeRegistry({
    credentials,
    refuse({ authorization }) {
      if (authorization === basic(credentials)) return undefined
      const challenge = { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' }
      return error(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized', challenge)
    },
    list(ask, tags) {
      const size = Math.min(sizeIn(ask, 100), 100)
      const page = pageAfter([...tags].sort(), ask.query.get('last'), size)
      const target = `http://${ask.host}/repository/docker${ask.path}?n=${size}&last=${page.end}`
      return { status: 200, headers: page.isLast ? {} : nextLink(target), body: { name: REPOSITORY, tags: page.tags } }
    },
    other: () => ({ status: 400, headers: { 'content-type': 'text/html' }, body: '<html>Bad Request</html>' }),
  })
}
