import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { dockerHubApi, quayApi } from '../../../src/watchers/registry/newest.js'
import { type OciRegistryOptions, ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry } from '../../../src/watchers/registry/registry.js'
import { startAcr } from '../../parts/fakes/acr.js'
import { startArtifactory } from '../../parts/fakes/artifactory.js'
import { startDockerHub } from '../../parts/fakes/docker-hub.js'
import { startEcr } from '../../parts/fakes/ecr.js'
import type { FakeRegistry, Login } from '../../parts/fakes/fake-registry.js'
import { startGar } from '../../parts/fakes/gar.js'
import { startGhcr } from '../../parts/fakes/ghcr.js'
import { startGitea } from '../../parts/fakes/gitea.js'
import { startGitlab } from '../../parts/fakes/gitlab.js'
import { startHarbor } from '../../parts/fakes/harbor.js'
import { startNexus } from '../../parts/fakes/nexus.js'
import { startQuay } from '../../parts/fakes/quay.js'

const { signal } = new AbortController()

function clientWith(credentials: Login | undefined, options: Partial<OciRegistryOptions> = {}) {
  return ociRegistry({
    hosts: () => ({ plainHttp: true, credentials }),
    clock: systemClock,
    userAgent: 'test',
    ...options,
  })
}

/** What a first look and a digest cost: requests for pages, the refused ones among them, and for tokens. */
const VENDORS: readonly [name: string, start: () => Promise<FakeRegistry>, pages: number, tokens: number][] = [
  ['Docker Hub', startDockerHub, 4, 1],
  ['GHCR', startGhcr, 4, 1],
  ['Quay', startQuay, 4, 1],
  ['Amazon ECR', startEcr, 7, 0],
  ['Google Artifact Registry', startGar, 2, 1],
  ['Azure Container Registry', startAcr, 4, 1],
  ['Harbor', startHarbor, 4, 1],
  ['GitLab', startGitlab, 4, 1],
  ['Artifactory', startArtifactory, 4, 1],
  ['Nexus', startNexus, 4, 0],
  ['Gitea', startGitea, 5, 1],
]
for (const [name, start, pages, tokens] of VENDORS) {
  describe(name, () => {
    let fake: FakeRegistry
    before(async () => {
      fake = await start()
    })
    after(() => fake.stop())

    it('lists every tag and resolves one', async () => {
      const registry = clientWith(fake.credentials)
      const repository = parseRepository(fake.repository)
      const listing = await registry.listTags(repository, { signal })
      assert.deepEqual(listing.changed && listing.tags, [...fake.tags].sort())
      assert.equal(await registry.resolveDigest(repository, '1.249.0', { signal }), fake.digest)
      assert.equal(await registry.resolveDigest(repository, '2.0.0', { signal }), undefined)
      const count = (text: string) => fake.requests.filter((request) => request.includes(text)).length
      assert.deepEqual(
        [count('/tags/list'), count('/token') + count('/auth'), count('/manifests/')],
        [pages, tokens, 2],
      )
      assert.equal(fake.requests.length, pages + tokens + 2)

      const again = await registry.listTags(repository, { signal, known: listing.fingerprint })
      assert.equal(again.changed, false)
      fake.tags.push('2.0.0')
      const pushed = await registry.listTags(repository, { signal, known: again.fingerprint })
      assert.ok(pushed.changed && pushed.tags.includes('2.0.0'))
      await registry.stop()
    })

    it('refuses who has no right', async () => {
      const credentials = { ...fake.credentials, username: 'nobody', password: 'wrong' }
      const registry = clientWith(credentials)
      await assert.rejects(registry.listTags(parseRepository(fake.repository), { signal }), { code: 'UNAUTHORIZED' })
      await registry.stop()
    })
  })
}

/** 14 November 2023, 22:13:20 UTC. */
const BUILT_AT = 1_700_000_000_000

for (const [name, start, api, pushedAt] of [
  ['Docker Hub', startDockerHub, dockerHubApi, BUILT_AT + 1_123],
  ['Quay', startQuay, quayApi, BUILT_AT + 1_000],
] as const) {
  it(`${name} tells by one request that nothing is new, and else what it knows of the newest tags`, async () => {
    const fake = await start()
    const registry = clientWith(fake.credentials, { newestApis: { [fake.host]: api(fake.url) } })
    const { listing, fingerprint } = await settle(registry, fake)
    assert.equal(listing.changed && listing.facts, undefined)
    fake.tags.push('2.0.0')
    const pushed = await registry.listTags(parseRepository(fake.repository), { signal, known: fingerprint })
    assert.ok(pushed.changed)
    assert.equal(pushed.tags.length, 251)
    const facts = { digest: fake.digest, pushedAt }
    assert.deepEqual(
      pushed.facts,
      new Map(
        fake.tags
          .slice(-100)
          .reverse()
          .map((tag) => [tag, facts]),
      ),
    )
    await registry.stop()
    await fake.stop()
  })
}

describe('GHCR with a token', () => {
  const login = { username: 'octocat', password: 'ghp_made-up' }

  it('tells by one request that nothing is new, and else what it knows of all tags', async () => {
    const fake = await startGhcr({ login, untagged: 98 })
    const registry = clientWith(login, { packageApis: { [fake.host]: fake.url } })
    const { fingerprint } = await settle(registry, fake)
    fake.tags.push('2.0.0')
    const pushed = await registry.listTags(parseRepository(fake.repository), { signal, known: fingerprint })
    const facts = { digest: fake.digest, pushedAt: BUILT_AT + 1_000 }
    assert.deepEqual(pushed.changed && pushed.facts, new Map(fake.tags.map((tag) => [tag, facts])))
    await registry.stop()
    await fake.stop()
  })

  it('is asked for the list alone where a package has many versions', async () => {
    const fake = await startGhcr({ login, untagged: 100 })
    const registry = clientWith(login, { packageApis: { [fake.host]: fake.url } })
    let known: string | undefined
    for (let round = 0; round < 4; round++) {
      known = (await registry.listTags(parseRepository(fake.repository), { signal, known })).fingerprint
    }
    const versions = fake.requests.filter((request) => request.includes('/versions'))
    assert.deepEqual(versions, [
      'GET /orgs/team/packages/container/app/versions?per_page=100',
      'GET /users/team/packages/container/app/versions?per_page=100',
    ])
    await registry.stop()
    await fake.stop()
  })
})

/** Lists until one request tells that nothing is new. */
async function settle(registry: Registry, fake: FakeRegistry) {
  const repository = parseRepository(fake.repository)
  const listing = await registry.listTags(repository, { signal })
  const { fingerprint } = await registry.listTags(repository, { signal, known: listing.fingerprint })
  const before = fake.requests.length
  assert.deepEqual(await registry.listTags(repository, { signal, known: fingerprint }), { changed: false, fingerprint })
  assert.equal(fake.requests.length, before + 1)
  return { listing, fingerprint }
}

it('Google Artifact Registry tells of all tags what they stand for, when it was pushed and when built', async () => {
  const fake = await startGar()
  const registry = clientWith(fake.credentials)
  const listing = await registry.listTags(parseRepository(fake.repository), { signal })
  const facts = { digest: fake.digest, pushedAt: BUILT_AT + 1_000, createdAt: BUILT_AT }
  assert.deepEqual(listing.changed && listing.facts, new Map(fake.tags.map((tag) => [tag, facts])))
  await registry.stop()
  await fake.stop()
})
