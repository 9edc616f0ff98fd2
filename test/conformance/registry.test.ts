import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseRepository } from '../../src/image/repository.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { ociRegistry } from '../../src/watchers/registry/oci.js'
import { type RegistryPart, startDockerRegistry } from '../parts/docker-registry.js'
import { pushArtifact, pushImage, pushIndex, pushTags } from '../parts/image.js'
import { startInProcessRegistry } from '../parts/in-process-registry.js'
import { bundleArtifact, keyBundle, payloadLayer, payloadOf } from '../parts/signing.js'

const { signal } = new AbortController()

for (const start of [startDockerRegistry, startInProcessRegistry]) {
  describe(`Registry port on ${start.name}`, () => {
    const registry = ociRegistry({ hosts: () => ({ plainHttp: true }), clock: systemClock, userAgent: 'test' })
    let part: RegistryPart
    const repository = (path: string) => parseRepository(`${part.host}/${path}`)

    before(async () => {
      part = await start()
    })
    after(async () => {
      await registry.stop()
      await part.stop()
    })

    it('lists distinct tags in code point order', async () => {
      await pushTags(part, 'team/app', ['v2', '1.10.0', '_x', 'V2', '1.4.0'])
      const listing = await registry.listTags(repository('team/app'), { signal })
      assert.ok(listing.changed)
      assert.deepEqual(listing.tags, ['1.10.0', '1.4.0', 'V2', '_x', 'v2'])
    })

    it('answers a list that is known without its tags, until it changes', async () => {
      await pushTags(part, 'team/known', ['1.0.0', '1.1.0'])
      const { fingerprint: known } = await registry.listTags(repository('team/known'), { signal })
      assert.equal((await registry.listTags(repository('team/known'), { signal, known })).changed, false)
      await pushTags(part, 'team/known', ['1.2.0'])
      const listing = await registry.listTags(repository('team/known'), { signal, known })
      assert.deepEqual(listing.changed && listing.tags, ['1.0.0', '1.1.0', '1.2.0'])
    })

    it('resolves a tag of an image and of an index to its digest', async () => {
      const image = await pushImage(part, 'team/images', '1.0.0')
      const index = await pushImage(part, 'team/images', '2.0.0', { platforms: ['linux/amd64', 'linux/arm64/v8'] })
      assert.equal(await registry.resolveDigest(repository('team/images'), '1.0.0', { signal }), image.digest)
      assert.equal(await registry.resolveDigest(repository('team/images'), '2.0.0', { signal }), index.digest)
      assert.notEqual(image.digest, index.digest)
    })

    it('has no digest for a tag that is unknown', async () => {
      await pushImage(part, 'team/app', '1.4.0')
      assert.equal(await registry.resolveDigest(repository('team/app'), 'nope', { signal }), undefined)
      assert.equal(await registry.resolveDigest(repository('team/nope'), '1.4.0', { signal }), undefined)
    })

    it('describes an image and an index', async () => {
      const annotations = {
        'org.opencontainers.image.created': '2026-11-20T10:00:00Z',
        'org.opencontainers.image.revision': 'f00dfeed',
      }
      const said = { createdAt: Date.UTC(2026, 10, 20, 10), revision: 'f00dfeed' }
      const platforms = ['linux/amd64', 'linux/arm/v6']
      const image = await pushImage(part, 'team/described', '1.0.0', { annotations })
      const index = await pushImage(part, 'team/described', '2.0.0', { annotations, platforms })
      const amd64 = { os: 'linux', architecture: 'amd64' }
      const arm = { os: 'linux', architecture: 'arm', variant: 'v6' }
      for (const [digest, expected] of [
        [image.digest, [amd64]],
        [index.digest, [amd64, arm]],
      ] as const) {
        const described = await registry.describeManifest(repository('team/described'), digest, { signal })
        assert.deepEqual(described, { ...said, platforms: expected })
      }
      const unknown = `sha256:${'0'.repeat(64)}`
      assert.equal(await registry.describeManifest(repository('team/described'), unknown, { signal }), undefined)
    })

    it('reads what is attached under the tag of a digest, and what refers to it', async () => {
      const { digest } = await pushImage(part, 'team/signed', '1.0.0')
      const read = (kept: 'tag' | 'referrers') =>
        registry.readSignatures(repository('team/signed'), digest, { kept, signal })
      assert.deepEqual([await read('tag'), await read('referrers')], [[], []])

      const layer = payloadLayer(payloadOf(digest), Buffer.from('signature'))
      const tag = digest.replace(':', '-')
      await pushArtifact(part, 'team/signed', { layers: [layer] }, `${tag}.sig`)
      const { content: payload, annotations } = layer
      assert.deepEqual(await read('tag'), [{ kind: 'simpleSigning', payload, annotations }])

      const body = keyBundle({})
      const artifact = bundleArtifact(digest, body)
      const { artifactType } = artifact
      // The index that clients keep for registries without the referrers API, and that others leave alone.
      await pushIndex(part, 'team/signed', tag, [
        { ...(await pushArtifact(part, 'team/signed', artifact)), artifactType },
      ])
      assert.deepEqual(await read('referrers'), [{ kind: 'bundle', body, manifest: undefined }])
    })

    it('refuses to list a repository that is unknown', async () => {
      await assert.rejects(registry.listTags(repository('team/nope'), { signal }), {
        code: 'NOT_FOUND',
        retryable: false,
        message: `Cannot list tags of "${part.host}/team/nope": registry answered 404 (repository name not known to registry)`,
      })
    })

    it('lists no tags of a repository whose every image was deleted', async () => {
      const { digest } = await pushImage(part, 'team/empty', '1.0.0')
      const deleted = await fetch(`${part.url}/v2/team/empty/manifests/${digest}`, { method: 'DELETE' })
      assert.equal(deleted.status, 202)
      const listing = await registry.listTags(repository('team/empty'), { signal })
      assert.deepEqual(listing.changed && listing.tags, [])
    })

    it('rejects with the reason of the signal', async () => {
      const reason = new Error('stopped')
      await assert.rejects(registry.listTags(repository('team/app'), { signal: AbortSignal.abort(reason) }), reason)
    })
  })
}
