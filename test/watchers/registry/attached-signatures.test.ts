import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry } from '../../../src/watchers/registry/registry.js'
import { BUNDLE, SIGN_PREDICATE, SIMPLE_SIGNING } from '../../parts/signing.js'
import { type OddAnswer, type OddServer, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const INDEX = 'application/vnd.oci.image.index.v1+json'
const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const DIGEST = `sha256:${'1'.repeat(64)}`
const FALLBACK = `/v2/team/app/manifests/sha256-${'1'.repeat(64)}`
const TAG = `${FALLBACK}.sig`
const REFERRERS = `/v2/team/app/referrers/${DIGEST}`

interface Stored {
  readonly type: string
  readonly body: string
  readonly link?: string
}

let registry: Registry
let server: OddServer
let stored: Map<string, Stored | number>

beforeEach(async () => {
  stored = new Map()
  registry = ociRegistry({
    hosts: () => ({ plainHttp: true }),
    clock: systemClock,
    userAgent: 'test',
    bounds: { signatureBytes: 1_024 },
  })
  const answer: OddAnswer = ({ path }, response) => {
    const found = stored.get(path) ?? 404
    if (typeof found === 'number') response.writeHead(found).end()
    else
      response.writeHead(200, { 'content-type': found.type, ...(found.link && { link: found.link }) }).end(found.body)
  }
  server = await startOddServer(answer)
})
afterEach(async () => {
  await registry.stop()
  await server.stop()
})

async function read(kept: 'tag' | 'referrers', digest = DIGEST) {
  const found = await registry.readSignatures(parseRepository(`${server.host}/team/app`), digest, { kept, signal })
  return found.map((attached) => (attached.kind === 'bundle' ? attached.body : attached.payload).toString())
}

function put(kind: 'manifests' | 'blobs', body: string, type = IMAGE): string {
  const digest = `sha256:${hash('sha256', body)}`
  stored.set(`/v2/team/app/${kind}/${digest}`, { type, body })
  return digest
}

function layer(content: string, more: object = {}) {
  return {
    mediaType: SIMPLE_SIGNING,
    digest: put('blobs', content),
    size: content.length,
    annotations: { a: 'b' },
    ...more,
  }
}

function manifest(...layers: readonly unknown[]): string {
  return JSON.stringify({ mediaType: IMAGE, layers })
}

const list = (manifests: unknown, link?: string) => ({
  type: INDEX,
  body: JSON.stringify({ manifests }),
  ...(link && { link }),
})
const referrer = (content: string, more: object = {}) => ({
  digest: put('manifests', manifest({ ...layer(content), mediaType: BUNDLE })),
  artifactType: BUNDLE,
  ...more,
})

describe('signatures under the tag of a digest', () => {
  it('are all of its layers', async () => {
    stored.set(TAG, { type: IMAGE, body: manifest(layer('one'), layer('two')) })
    assert.deepEqual(await read('tag'), ['one', 'two'])
  })

  it('are none where there is no such tag, or the digest is too long for one', async () => {
    assert.deepEqual(await read('tag'), [])
    assert.equal(server.requests.length, 1)
    assert.deepEqual(await read('tag', `sha512:${'1'.repeat(128)}`), [])
    assert.equal(server.requests.length, 1)
  })

  it('are fifty at most', async () => {
    stored.set(TAG, { type: IMAGE, body: manifest(...Array.from({ length: 60 }, (_, index) => layer(`${index}`))) })
    assert.equal((await read('tag')).length, 50)
  })

  const UNREADABLE: readonly [name: string, body: () => string][] = [
    ['no JSON', () => '{'],
    ['null', () => 'null'],
    ['without layers', () => '{"layers":{}}'],
    ['of null', () => manifest(null)],
    ['of another type', () => manifest(layer('x', { mediaType: 'text/plain' }))],
    ['of no digest', () => manifest(layer('x', { digest: '../../other/blobs' }))],
    ['of no size', () => manifest(layer('x', { size: undefined }))],
    ['that are said to be too large', () => manifest(layer('x', { size: 1_025 }))],
    ['that are missing', () => manifest(layer('x', { digest: DIGEST }))],
  ]
  for (const [name, body] of UNREADABLE) {
    it(`are not layers ${name}`, async () => {
      stored.set(TAG, { type: IMAGE, body: body() })
      assert.deepEqual(await read('tag'), [])
    })
  }

  it('are refused where they are larger than said, or others', async () => {
    stored.set(TAG, { type: IMAGE, body: manifest(layer('x'.repeat(1_025), { size: 3 })) })
    await assert.rejects(read('tag'), { code: 'TOO_LARGE' })
    const other = layer('one')
    stored.set(`/v2/team/app/blobs/${other.digest}`, { type: 'text/plain', body: 'two' })
    stored.set(TAG, { type: IMAGE, body: manifest(other) })
    await assert.rejects(read('tag'), { code: 'INVALID_ANSWER' })
  })
})

describe('signatures that refer to a digest', () => {
  it('are on every page', async () => {
    stored.set(REFERRERS, list([referrer('one')], `<${REFERRERS}?last=1>; rel="next"`))
    stored.set(`${REFERRERS}?last=1`, list([referrer('two')], '<https://elsewhere.example.com/?last=2>; rel="next"'))
    stored.set(`${REFERRERS}?last=2`, list([referrer('three')], '<?last=1>; rel="next"'))
    assert.deepEqual(await read('referrers'), ['one', 'two', 'three'])
  })

  it('are on twenty-one pages at most', async () => {
    const page = (index: number) => list([referrer(`${index}`)], `<?last=${index + 1}>; rel="next"`)
    stored.set(REFERRERS, page(0))
    for (let index = 1; index < 40; index++) stored.set(`${REFERRERS}?last=${index}`, page(index))
    assert.equal((await read('referrers')).length, 21)
  })

  for (const lacking of [400, 403, 404, 405, 501, { type: 'text/html', body: '<html>' }]) {
    it(`are under a tag where the list is ${JSON.stringify(lacking)}`, async () => {
      stored.set(REFERRERS, lacking)
      assert.deepEqual(await read('referrers'), [])
      stored.set(FALLBACK, list([referrer('one')]))
      assert.deepEqual(await read('referrers'), ['one'])
    })
  }

  it('are under a tag of 64 digits', async () => {
    stored.set(`/v2/team/app/manifests/sha512-${'1'.repeat(64)}`, list([referrer('one')]))
    assert.deepEqual(await read('referrers', `sha512:${'1'.repeat(128)}`), ['one'])
  })

  const REFERRER_KINDS: readonly [name: string, more: object, found: readonly string[]][] = [
    ['a bundle', {}, ['x']],
    ['a bundle of an older form', { artifactType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }, ['x']],
    ['of cosign’s first kind', { artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' }, ['x']],
    ['of no kind', { artifactType: undefined }, ['x']],
    ['of an empty kind', { artifactType: 'application/vnd.oci.empty.v1+json' }, ['x']],
    ['that is said to sign', { annotations: { 'dev.sigstore.bundle.predicateType': SIGN_PREDICATE } }, ['x']],
    ['an attestation', { annotations: { 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' } }, []],
    ['a list of parts', { artifactType: 'application/spdx+json' }, []],
    ['of no digest', { digest: 'sha256:x' }, []],
    ['that is missing', { digest: DIGEST }, []],
  ]
  for (const [name, more, found] of REFERRER_KINDS) {
    it(`${found.length === 0 ? 'are not' : 'are'} what is ${name}`, async () => {
      stored.set(REFERRERS, list([null, referrer('x', more)]))
      assert.deepEqual(await read('referrers'), found)
    })
  }

  it('are fifty at most', async () => {
    stored.set(REFERRERS, list(Array.from({ length: 60 }, (_, index) => referrer(`${index}`))))
    assert.equal((await read('referrers')).length, 50)
    assert.equal(server.requests.length, 101)
  })

  it('are looked for on no more pages than have fifty, each counted once', async () => {
    const all = Array.from({ length: 60 }, (_, index) => referrer(`${index}`))
    const pages = [all.slice(0, 30), all.slice(0, 30), all.slice(20), []]
    for (const [index, referrers] of pages.entries()) {
      const query = index === 0 ? '' : `?last=${index}`
      stored.set(`${REFERRERS}${query}`, list(referrers, `<?last=${index + 1}>; rel="next"`))
    }
    assert.deepEqual(
      await read('referrers'),
      Array.from({ length: 50 }, (_, index) => `${index}`),
    )
    assert.deepEqual(
      server.requests.slice(0, 4).map(({ path }) => path.includes('/referrers/')),
      [true, true, true, false],
    )
  })

  it('are none where the list is none', async () => {
    for (const body of ['[]', 'null', '{', '{"manifests":{}}']) {
      stored.set(REFERRERS, { type: INDEX, body })
      assert.deepEqual(await read('referrers'), [])
    }
  })

  const FAILURES: readonly [list: number, tag: number, code: string][] = [
    [500, 404, 'UNAVAILABLE'],
    [429, 404, 'RATE_LIMITED'],
    [401, 401, 'UNAUTHORIZED'],
    [404, 503, 'UNAVAILABLE'],
  ]
  for (const [first, second, code] of FAILURES) {
    it(`are unknown where the list is ${first} and the tag ${second}`, async () => {
      stored.set(REFERRERS, first)
      stored.set(FALLBACK, second)
      await assert.rejects(read('referrers'), { code })
    })
  }

  it('take no longer than a list may', async () => {
    let now = 0
    const clock = { now: () => (now += 100_000), after: () => () => {} }
    const slow = ociRegistry({ hosts: () => ({ plainHttp: true }), clock, userAgent: 'test' })
    const repository = parseRepository(`${server.host}/team/app`)
    const lists = [list([referrer('one'), referrer('two')]), list([], '<?last=1>; rel="next"')]
    for (let index = 1; index < 20; index++) {
      stored.set(`${REFERRERS}?last=${index}`, list([], `<?last=${index + 1}>; rel="next"`))
    }
    for (const first of lists) {
      stored.set(REFERRERS, first)
      const requests = server.requests.length
      await assert.rejects(slow.readSignatures(repository, DIGEST, { kept: 'referrers', signal }), {
        code: 'UNREACHABLE',
      })
      assert.ok(server.requests.length - requests < 5)
    }
    await slow.stop()
  })
})
