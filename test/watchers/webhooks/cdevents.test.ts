import assert from 'node:assert/strict'
import { test } from 'node:test'
import { artifactOf } from '../../../src/watchers/webhooks/cdevents.js'
import { DIGEST } from './deliveries.js'

const encoded = encodeURIComponent(DIGEST)

test('reads the image of a package URL', () => {
  const cases: [id: string, expected: string | undefined][] = [
    [`pkg:oci/lamp@${encoded}?repository_url=ghcr.io/harbour/lamp&tag=2.7.1`, 'ghcr.io/harbour/lamp:2.7.1'],
    [`pkg:oci/lamp@${DIGEST}?tag=2.7.1&repository_url=ghcr.io%2Fharbour%2Flamp`, 'ghcr.io/harbour/lamp:2.7.1'],
    // Some leave the name away, or have a scheme.
    [`pkg:oci/lamp@${encoded}?repository_url=ghcr.io/harbour&tag=2.7.1`, 'ghcr.io/harbour/lamp:2.7.1'],
    ['pkg:oci/lamp?repository_url=https://ghcr.io/harbour/lamp', 'ghcr.io/harbour/lamp'],
    [`pkg:oci/lamp@${encoded}?repository_url=localhost:5000/lamp`, 'localhost:5000/lamp'],
    [`pkg:oci/lamp@${encoded}?repository_url=ghcr.io/harbour/lamp&tag=${encoded}`, 'ghcr.io/harbour/lamp'],
    ['PKG:OCI/lamp?repository_url=ghcr.io/harbour/lamp#docs', 'ghcr.io/harbour/lamp'],
    ['pkg://oci/lamp?repository_url=ghcr.io/harbour/lamp', 'ghcr.io/harbour/lamp'],
    ['pkg:docker/harbour/lamp@2.7.1?repository_url=quay.io', 'quay.io/harbour/lamp:2.7.1'],
    ['pkg:docker/lamp@2.7.1', 'docker.io/library/lamp:2.7.1'],
    [`pkg:docker/harbour/lamp@${encoded}`, 'docker.io/harbour/lamp'],
    // Of no registry, of another kind, or nothing at all.
    [`pkg:oci/lamp@${encoded}`, undefined],
    ['pkg:npm/lamp@2.7.1?repository_url=ghcr.io/harbour/lamp', undefined],
    ['pkg:oci/lamp?repository_url=ghcr.io/../lamp', undefined],
    ['pkg:oci/%ff?repository_url=ghcr.io/lamp', undefined],
    ['pkg:oci/?repository_url=ghcr.io/lamp', undefined],
    ['pkg:oci', undefined],
    ['pkg:', undefined],
    ['ghcr.io/harbour/lamp:2.7.1', undefined],
    ['', undefined],
  ]
  for (const [id, expected] of cases) {
    const found = artifactOf({ subject: { id } }).map(
      ({ repository: { registry, path }, tag }) => `${registry}/${path}${tag === undefined ? '' : `:${tag}`}`,
    )
    assert.deepEqual(found, expected === undefined ? [] : [expected], id)
  }
})

test('has no image where nothing is the subject', () => {
  for (const data of [undefined, null, {}, { subject: 'pkg:oci/lamp' }, { subject: { id: 1 } }, []]) {
    assert.deepEqual(artifactOf(data), [])
  }
})
