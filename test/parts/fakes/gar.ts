import { DIGEST, type FakeRegistry, REPOSITORY, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/** Google Artifact Registry: the whole list in one answer, with much beside it (go-containerregistry, pkg/v1/google/list.go). */
export function startGar(): Promise<FakeRegistry> {
  const credentials = { username: 'oauth2accesstoken', password: 'made-up-access-token' }
  const { refuse, give } = tokenDoor({
    path: '/v2/token',
    service: '127.0.0.1',
    login: credentials,
    answer: (token) => ({ token, expires_in: 3_600 }),
  })
  return startFakeRegistry({
    credentials,
    refuse,
    other: give,
    list(_, tags) {
      const times = { timeCreatedMs: '1700000000000', timeUploadedMs: '1700000001000' }
      const details = { imageSizeBytes: '123', layerId: '', mediaType: '', tag: tags, ...times }
      const body = { child: [], manifest: { [DIGEST]: details }, name: REPOSITORY, tags: [...tags].sort() }
      return { status: 200, body }
    },
  })
}
