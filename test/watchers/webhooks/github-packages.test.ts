import assert from 'node:assert/strict'
import { test } from 'node:test'
import { githubSender } from '../../../src/watchers/webhooks/github.js'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { DIGEST, push, SECRET, signed } from './deliveries.js'

const lamp = { repository: { registry: 'ghcr.io', path: 'harbour/lamp' } }

interface Named {
  readonly tag?: string | null
  readonly over?: object
  readonly metadata?: unknown
}

/** A package as GitHub tells of one; its version is the digest, though it is called a version. */
function packageOf({ tag = '2.7.1', over = {}, metadata }: Named = {}): object {
  const version = {
    id: 7,
    version: DIGEST,
    name: DIGEST,
    container_metadata:
      metadata === undefined ? { tag: { name: tag, digest: DIGEST }, manifest: { digest: DIGEST } } : metadata,
    package_url: `ghcr.io/Harbour/lamp:${tag ?? ''}`,
  }
  const named = { id: 8, name: 'lamp', namespace: 'Harbour', owner: { login: 'Harbour', type: 'Organization' } }
  return { ...named, ecosystem: 'CONTAINER', package_type: 'CONTAINER', package_version: version, ...over }
}

function event(body: unknown, kind: string): Delivery {
  const { headers, body: bytes } = signed(JSON.stringify(body))
  return { headers: { 'x-hub-signature-256': headers['x-signature'], 'x-github-event': kind }, body: bytes }
}

const KINDS = { package: 'package', registry_package: 'registry_package' }

for (const [kind, key] of Object.entries(KINDS)) {
  const read = (value: unknown) =>
    githubSender({ secret: SECRET }).read(event({ action: 'published', [key]: value, repository: null }, kind))

  // One event names one of several tags that were pushed at once: none of them may decide whether there is a look.
  test(`${kind}: reads the image of a tag, without the tag`, () => {
    assert.deepEqual(read(packageOf()), [lamp])
    assert.deepEqual(read(packageOf({ over: { namespace: '' } })), [lamp])
    assert.deepEqual(read(packageOf({ over: { namespace: undefined, name: 'team/lamp' } })), [
      { repository: { registry: 'ghcr.io', path: 'harbour/team/lamp' } },
    ])
  })

  test(`${kind}: ignores manifests without a tag and packages of other kinds`, () => {
    const ignored = [
      packageOf({ tag: '' }),
      packageOf({ tag: null }),
      packageOf({ metadata: null }),
      packageOf({ metadata: {} }),
      packageOf({ over: { package_version: null } }),
      packageOf({ over: { name: '@harbour/lamp' } }),
      packageOf({ over: { namespace: '', owner: null } }),
    ]
    for (const value of ignored) assert.deepEqual(read(value), [], JSON.stringify(value))
  })

  test(`${kind}: refuses what is not signed, and another format`, () => {
    const sender = githubSender({ secret: SECRET })
    const { headers, body } = event({ [key]: packageOf() }, kind)
    const unsigned = { headers: { ...headers, 'x-hub-signature-256': undefined }, body }
    assert.throws(() => sender.read(unsigned), { code: 'UNAUTHORIZED' })
    for (const value of [undefined, null, [], 'lamp', packageOf({ over: { name: 7 } })]) {
      assert.throws(() => read(value), { code: 'INVALID_BODY' }, JSON.stringify(value))
    }
  })
}

test('names the configured registry', () => {
  const sender = githubSender({ secret: SECRET, registry: 'containers.example.com' })
  const [image] = sender.read(event({ package: packageOf() }, 'package'))
  assert.deepEqual(image, { repository: { registry: 'containers.example.com', path: 'harbour/lamp' } })
})

test('without a Git repository, ignores pushes to Git; with one, takes both', () => {
  assert.deepEqual(githubSender({ secret: SECRET }).read(push('github')), [])
  const both = githubSender({ secret: SECRET, git: 'fleet' })
  assert.deepEqual(both.read(push('github')), [{ git: 'fleet', branch: 'main' }])
  assert.deepEqual(both.read(event({ package: packageOf() }, 'package')), [lamp])
})
