import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { formatPlatform } from '../../../src/image/platform.js'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry } from '../../../src/watchers/registry/registry.js'
import { json, type OddAnswer, type OddServer, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const INDEX = 'application/vnd.oci.image.index.v1+json'
const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const CREATED = 'org.opencontainers.image.created'
const REVISION = 'org.opencontainers.image.revision'
const SOURCE = 'org.opencontainers.image.source'
const TIME = '2026-11-20T10:00:00Z'

let registry: Registry
let servers: OddServer[]
let stored: Map<string, { readonly type: string; readonly body: string }>
let main: OddServer

beforeEach(async () => {
  servers = []
  stored = new Map()
  const hosts = () => ({ plainHttp: true, credentials: { username: 'ci', password: 'secret' } })
  const bounds = { manifestBytes: 4_096, configBytes: 4_096 }
  registry = ociRegistry({ hosts, clock: systemClock, userAgent: 'test', bounds })
  main = await serve(answerStored)
})
afterEach(async () => {
  await registry.stop()
  await Promise.all(servers.map((server) => server.stop()))
})

async function serve(answer: OddAnswer, address?: string): Promise<OddServer> {
  const server = await startOddServer(answer, address)
  servers.push(server)
  return server
}

const answerStored: OddAnswer = ({ path }, response) => {
  const found = stored.get(path.slice(path.lastIndexOf('/') + 1))
  if (found === undefined) response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': found.type }).end(found.body)
}

function store(document: object, type: string): string {
  const body = JSON.stringify(document)
  const digest = `sha256:${hash('sha256', body)}`
  stored.set(digest, { type, body })
  return digest
}

function storeImage(config: object, annotations: object = {}): string {
  return store({ mediaType: IMAGE, config: { mediaType: CONFIG, digest: store(config, 'x/y') }, annotations }, IMAGE)
}

function storeIndex(manifests: readonly (object | null)[], annotations: object = {}): string {
  return store({ mediaType: INDEX, manifests, annotations }, INDEX)
}

async function described(digest: string, server = main) {
  const description = await registry.describeManifest(parseRepository(`${server.host}/team/app`), digest, { signal })
  return description && { ...description, platforms: description.platforms.map(formatPlatform) }
}

const linux = (architecture: string, more: object = {}) => ({ os: 'linux', architecture, ...more })
const asked = () => main.requests.map(({ path }) => /manifests|blobs/.exec(path)?.[0])

describe('describes', () => {
  it('an image by its annotations, then its configuration', async () => {
    const labels = { [REVISION]: 'label', [SOURCE]: 'https://git.example.com/app' }
    const digest = storeImage(
      { ...linux('arm64', { variant: 'v8' }), created: TIME, config: { Labels: labels } },
      {
        [REVISION]: 'f00d',
      },
    )
    assert.deepEqual(await described(digest), {
      platforms: ['linux/arm64'],
      createdAt: Date.parse(TIME),
      revision: 'f00d',
      source: 'https://git.example.com/app',
    })
  })

  it('an image whose configuration says nothing', async () => {
    assert.deepEqual(await described(storeImage({ created: null, config: null })), { platforms: [] })
  })

  it('an index by its platforms, without attestations, and the image for linux/amd64', async () => {
    const image = storeImage({ created: TIME, config: { Labels: { [REVISION]: 'f00d' } } })
    const other = storeImage({ created: '2026-01-01T00:00:00Z' })
    const attestation = { 'vnd.docker.reference.type': 'attestation-manifest' }
    const index = storeIndex([
      { digest: other, platform: linux('arm', { variant: 'v6' }) },
      { digest: image, platform: linux('amd64') },
      { digest: other, platform: { os: 'unknown', architecture: 'unknown' }, annotations: attestation },
      { digest: 'none', platform: linux('s390x') },
      null,
    ])
    assert.deepEqual(await described(index), {
      platforms: ['linux/arm/v6', 'linux/amd64'],
      createdAt: Date.parse(TIME),
      revision: 'f00d',
    })
    assert.deepEqual(asked(), ['manifests', 'manifests', 'blobs'])
  })

  it('an index that says all by one request', async () => {
    const annotations = { [CREATED]: TIME, [REVISION]: 'f00d', [SOURCE]: 'https://git.example.com/app' }
    const index = storeIndex([{ digest: storeImage({}), platform: linux('amd64') }], annotations)
    assert.equal((await described(index))?.revision, 'f00d')
    assert.deepEqual(asked(), ['manifests'])
  })

  it('an index that says something, and the rest by an image', async () => {
    const image = storeImage({ created: '2025-01-01T00:00:00Z' }, { [REVISION]: 'f00d' })
    const index = storeIndex([{ digest: image, platform: linux('amd64') }], { [CREATED]: TIME })
    const { createdAt, revision } = Object(await described(index))
    assert.deepEqual({ createdAt, revision }, { createdAt: Date.parse(TIME), revision: 'f00d' })
  })

  // As Docker Official Images have them.
  it('an index that says all of its images by one request, the newest of them by time', async () => {
    const child = (architecture: string, created: string) => ({
      digest: storeImage({ created: '2027-01-01T00:00:00Z' }),
      platform: linux(architecture),
      annotations: { [CREATED]: created, [REVISION]: architecture, [SOURCE]: 'https://git.example.com/app' },
    })
    const children = [child('arm64', TIME), child('amd64', '2026-11-19T10:00:00Z'), child('s390x', 'never')]
    const { createdAt, revision } = Object(await described(storeIndex(children)))
    assert.deepEqual({ createdAt, revision }, { createdAt: Date.parse(TIME), revision: 'amd64' })
    assert.deepEqual(asked(), ['manifests'])
    const own = storeIndex(children, { [CREATED]: '2026-01-01T00:00:00Z' })
    assert.equal((await described(own))?.createdAt, Date.parse('2026-01-01T00:00:00Z'))
  })

  it('an index by the newest of the images that had to be read', async () => {
    const image = (architecture: string, created: string) => ({
      digest: storeImage({ ...linux(architecture), created }),
    })
    const index = storeIndex([image('amd64', '2026-01-01T00:00:00Z'), image('arm64', TIME), image('arm', 'never')])
    assert.equal((await described(index))?.createdAt, Date.parse(TIME))
  })

  it('an index within an index, and images that the index gives no platform', async () => {
    const image = (architecture: string) => ({ digest: storeImage(linux(architecture)) })
    const inner = storeIndex([image('amd64'), image('arm64')])
    assert.deepEqual((await described(storeIndex([{ digest: inner }])))?.platforms, ['linux/amd64', 'linux/arm64'])
  })

  it('no more than four manifests of an index', async () => {
    const images = ['amd64', 'arm64', 's390x', 'ppc64le', 'riscv64'].map((name) => ({
      digest: storeImage(linux(name)),
    }))
    assert.equal((await described(storeIndex(images)))?.platforms.length, 3)
    assert.equal(asked().filter((kind) => kind === 'manifests').length, 4)
  })

  it('an index whose image is missing', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    assert.deepEqual(await described(storeIndex([{ digest, platform: linux('amd64') }])), {
      platforms: ['linux/amd64'],
    })
  })

  it('a chart by its annotations', async () => {
    const config = { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: store({ name: 'x' }, 'x/y') }
    const chart = store({ config, annotations: { [CREATED]: TIME } }, IMAGE)
    assert.deepEqual(await described(chart), { platforms: [], createdAt: Date.parse(TIME) })
    assert.deepEqual(asked(), ['manifests'])
  })

  it('nothing where there is no such manifest', async () => {
    assert.equal(await described(`sha256:${'0'.repeat(64)}`), undefined)
  })

  it('a digest once', async () => {
    const digest = storeImage({ created: TIME })
    assert.deepEqual(await described(digest), await described(digest))
    assert.deepEqual(asked(), ['manifests', 'blobs'])
  })
})

describe('refuses to describe', () => {
  const BODIES: readonly [name: string, document: object, type: string][] = [
    ['what is index and image both', { manifests: [], layers: [] }, INDEX],
    ['what says to be of another type', { mediaType: IMAGE, manifests: [] }, INDEX],
    ['what is no manifest', { schemaVersion: 1, fsLayers: [] }, IMAGE],
    ['what is too large', { manifests: [], filling: 'x'.repeat(5_000) }, INDEX],
  ]
  for (const [name, document, type] of BODIES) {
    it(name, async () => assert.rejects(described(store(document, type)), { name: 'RegistryError', retryable: false }))
  }

  it('content of another digest', async () => {
    const digest = `sha256:${'1'.repeat(64)}`
    stored.set(digest, { type: INDEX, body: '{"manifests":[]}' })
    await assert.rejects(described(digest), {
      code: 'INVALID_ANSWER',
      message: `Cannot describe "${main.host}/team/app@${digest}": registry answered another content than "${digest}"`,
    })
  })

  it('a configuration that is none', async () => {
    const digest = `sha256:${hash('sha256', 'no JSON')}`
    stored.set(digest, { type: 'x/y', body: 'no JSON' })
    const image = store({ config: { mediaType: CONFIG, digest } }, IMAGE)
    await assert.rejects(described(image), { code: 'INVALID_ANSWER', message: /not an image configuration$/ })
  })

  it('for a registry that fails', async () => {
    const server = await serve((_, response) => response.writeHead(503).end())
    await assert.rejects(described(`sha256:${'1'.repeat(64)}`, server), { code: 'UNAVAILABLE', retryable: true })
  })
})

// Registries keep blobs in object storage and send readers there by 307 with a signed address, which refuses any other
// authorization (OCI distribution specification, "Pulling blobs").
describe('follows a blob to storage', () => {
  /** Wants a password for everything, and sends who asks for a blob to the storage. */
  const sendingTo = (location: (path: string) => string) =>
    serve((request, response, message) => {
      if (request.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
      } else if (request.path.includes('/blobs/')) {
        response.writeHead(307, { location: location(request.path) }).end()
      } else answerStored(request, response, message)
    })

  it('without the credentials', async () => {
    const storage = await serve(answerStored, '127.0.0.2')
    const server = await sendingTo((path) => `${storage.url}/bucket${path}`)
    assert.deepEqual(await described(storeImage(linux('amd64')), server), { platforms: ['linux/amd64'] })
    assert.deepEqual(
      storage.requests.map(({ authorization }) => authorization),
      [undefined],
    )
  })

  it('to which a 401 of the storage gives no claim', async () => {
    const storage = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="storage"' }).end()
    }, '127.0.0.2')
    const server = await sendingTo(() => storage.url)
    await assert.rejects(described(storeImage(linux('amd64')), server), { code: 'UNAUTHORIZED' })
    assert.deepEqual(
      storage.requests.map(({ authorization }) => authorization),
      [undefined],
    )
  })

  it('not without end', async () => {
    const storage = await serve(({ path }, response) => {
      response.writeHead(307, { location: `${path}x` }).end()
    }, '127.0.0.2')
    const server = await sendingTo(() => storage.url)
    await assert.rejects(described(storeImage(linux('amd64')), server), { code: 'REFUSED_TARGET' })
    assert.equal(storage.requests.length, 5)
  })

  it('not to one that answers other content', async () => {
    const storage = await serve((_, response) => json(response, { os: 'linux' }), '127.0.0.2')
    const server = await sendingTo(() => storage.url)
    await assert.rejects(described(storeImage(linux('amd64')), server), { code: 'INVALID_ANSWER' })
  })
})
