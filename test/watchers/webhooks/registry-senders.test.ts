import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { systemClock } from '../../../src/lifecycle/clock.js'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { createSender } from '../../../src/watchers/webhooks/senders.js'
import { DIGEST, SECRET } from './deliveries.js'
import { deliveryOf, LAMP, published, SAMPLES, type SampleName } from './registry-events.js'

const NAMES = Object.keys(SAMPLES) as readonly SampleName[]

/** Those whose events do not name the registry. */
const HOSTLESS: readonly SampleName[] = ['distribution', 'gitlab-registry', 'nexus', 'alibaba', 'zot']
/** Those that believe the host of the event, and take it for another registry where another is configured. */
const NAMING: readonly SampleName[] = ['bearer', 'cloudevents']

interface Told {
  readonly registry?: string
  readonly repository?: string
}

/** What is read, as `host/path:tag`, where the host may be missing. */
function read(name: SampleName, delivery: Delivery, told: Told = {}): readonly string[] {
  const sender = createSender(
    { sender: name, secret: SECRET, ...told },
    { proxies: { except: '' }, clock: systemClock },
  )
  const pushed = sender.read(delivery)
  assert.ok(!(pushed instanceof Promise))
  return pushed.map((one) => {
    assert.ok('repository' in one)
    const { registry = '', path } = one.repository
    return `${registry}/${path}${one.tag === undefined ? '' : `:${one.tag}`}`
  })
}

test('each sender reads its sample, under the name that the policy file has for the registry', () => {
  for (const name of NAMES) {
    const own = HOSTLESS.includes(name) ? '/harbour/lamp:2.7.1' : 'registry.example.com/harbour/lamp:2.7.1'
    assert.equal(read(name, deliveryOf(name))[0], own, name)

    const [here = ''] = read(name, deliveryOf(name), { registry: 'registry.example.com' })
    assert.equal(here, 'registry.example.com/harbour/lamp:2.7.1', name)

    const elsewhere = NAMING.includes(name) ? undefined : 'other.example.com:5000/harbour/lamp:2.7.1'
    assert.equal(read(name, deliveryOf(name), { registry: 'other.example.com:5000' })[0], elsewhere, name)
  }
})

test('no sender takes a digest for a tag, a path that is none, or an empty one', () => {
  const images = [
    { ...LAMP, tag: DIGEST },
    { ...LAMP, tag: '' },
    { ...LAMP, tag: '../1' },
    { ...LAMP, path: '../../etc' },
    { ...LAMP, path: 'harbour/lamp/' },
    { ...LAMP, path: 'harbour/l amp' },
  ]
  // Whoever writes the body of `bearer` can mend it, and a CDEvents event with a digest alone is of an image all the same.
  for (const name of NAMES.filter((each) => !NAMING.includes(each))) {
    for (const image of images) {
      const body = SAMPLES[name].body(image)
      assert.deepEqual(read(name, deliveryOf(name, body)), [], `${name} ${JSON.stringify(image)}`)
    }
  }
})

test('each sender refuses what does not prove the secret, before the body is parsed', () => {
  for (const name of NAMES) {
    const { headers, pathSecret } = deliveryOf(name, undefined, 'another-secret')
    const body = Buffer.from('not JSON')
    const forged: readonly Delivery[] = [
      { headers: {}, body },
      { headers, body, pathSecret },
      { ...deliveryOf(name, SAMPLES[name].body(LAMP), 'another-secret') },
      { ...deliveryOf(name), headers: {}, pathSecret: undefined },
      { ...deliveryOf(name), headers: {}, pathSecret: `${SECRET}x` },
    ]
    for (const delivery of forged) assert.throws(() => read(name, delivery), { code: 'UNAUTHORIZED' }, name)
  }
})

test('what is no event of the sender is ignored or refused, and never more', () => {
  const bodies = [
    null,
    1,
    'push',
    [],
    {},
    { data: null },
    { type: 'x', data: {} },
    { events: [] },
    Array(1_001).fill({}),
  ]
  for (const name of NAMES) {
    for (const body of bodies) {
      try {
        assert.deepEqual(read(name, deliveryOf(name, body)), [], name)
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'INVALID_BODY', `${name} ${JSON.stringify(body).slice(0, 80)}`)
      }
    }
    assert.throws(() => read(name, resigned(name, '{')), { code: 'INVALID_BODY' }, name)
  }
})

/** A delivery with a text that need not be JSON. */
function resigned(name: SampleName, text: string): Delivery {
  const bytes = Buffer.from(text)
  return { headers: SAMPLES[name].headers(bytes, SECRET), body: bytes, pathSecret: SECRET }
}

/** The sample with something else at a path such as `data.tag`; undefined takes it away. */
function changed(name: SampleName, changes: Readonly<Record<string, unknown>>): Delivery {
  const body = structuredClone(SAMPLES[name].body(LAMP))
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    const parent = keys.reduce((at: unknown, key) => (at as Record<string, unknown>)[key], body)
    Object.assign(parent as object, { [last]: value })
  }
  return deliveryOf(name, body)
}

const lamp = 'registry.example.com/harbour/lamp:2.7.1'
type Case = readonly [changes: Readonly<Record<string, unknown>>, told: Told, expected: readonly string[]]

function check(name: SampleName, cases: readonly Case[]): void {
  for (const [changes, told, expected] of cases) {
    assert.deepEqual(read(name, changed(name, changes), told), expected, `${name} ${JSON.stringify([changes, told])}`)
  }
}

test('gitlab-registry: takes the secret as it stands or as a bearer token', () => {
  const { body } = deliveryOf('gitlab-registry')
  for (const authorization of [SECRET, `Bearer ${SECRET}`, `bearer ${SECRET}`]) {
    assert.deepEqual(read('gitlab-registry', { headers: { authorization }, body }), ['/harbour/lamp:2.7.1'])
  }
  for (const authorization of [`Basic ${SECRET}`, 'Bearer x', 'x', undefined]) {
    assert.throws(() => read('gitlab-registry', { headers: { authorization }, body }), { code: 'UNAUTHORIZED' })
  }
})

test('artifactory: takes the secret itself instead of a signature', () => {
  const { body, headers } = deliveryOf('artifactory')
  assert.equal(read('artifactory', { headers: { 'x-jfrog-event-auth': SECRET }, body })[0], lamp)
  const upper = headers['x-jfrog-event-auth']?.toUpperCase()
  assert.equal(read('artifactory', { headers: { 'x-jfrog-event-auth': upper }, body })[0], lamp)
})

test('artifactory: reads pushes and promotions of images, by every name that they may have', () => {
  check('artifactory', [
    [{}, {}, [lamp, '/lamp:2.7.1']],
    [{}, { registry: 'r.example.com' }, ['r.example.com/harbour/lamp:2.7.1', 'r.example.com/lamp:2.7.1']],
    [{}, { repository: 'images' }, ['registry.example.com/images/lamp:2.7.1', '/lamp:2.7.1']],
    [{ event_type: 'promoted' }, {}, [lamp, '/lamp:2.7.1']],
    [{ jpd_origin: '' }, {}, ['/harbour/lamp:2.7.1', '/lamp:2.7.1']],
    [{ jpd_origin: undefined }, {}, ['/harbour/lamp:2.7.1', '/lamp:2.7.1']],
    [{ jpd_origin: 'https://registry.example.com:443/artifactory' }, {}, [lamp, '/lamp:2.7.1']],
    [{ 'data.image_name': 'team/lamp' }, {}, ['registry.example.com/harbour/team/lamp:2.7.1', '/team/lamp:2.7.1']],
    // Where cosign puts the signature of an image.
    [
      { 'data.tag': 'sha256-00ff.sig' },
      {},
      ['registry.example.com/harbour/lamp:sha256-00ff.sig', '/lamp:sha256-00ff.sig'],
    ],
    [{ 'data.tag': 'sha256__00ff' }, {}, []],
    [{ event_type: 'deleted' }, {}, []],
    [{ domain: 'artifact', event_type: 'deployed' }, {}, []],
    [{ data: { message: 'a test' } }, {}, []],
  ])
})

test('nexus: reads components and manifests of images, with the repository before the name, too', () => {
  const told = { registry: 'registry.example.com' }
  const both = [lamp, 'registry.example.com/images/harbour/lamp:2.7.1']
  const asset = (name: string, format = 'docker') => ({ component: undefined, asset: { id: '1', format, name } })
  check('nexus', [
    [{}, told, both],
    [{}, {}, ['/harbour/lamp:2.7.1', '/images/harbour/lamp:2.7.1']],
    [{ action: 'UPDATED' }, told, both],
    [asset('v2/harbour/lamp/manifests/2.7.1'), told, both],
    [asset('/v2/harbour/lamp/manifests/2.7.1'), told, both],
    [asset(`v2/harbour/lamp/manifests/${DIGEST}`), told, []],
    [asset(`v2/-/blobs/${DIGEST}`), told, []],
    [asset('harbour/lamp/manifests/2.7.1'), told, []],
    [asset('v2/harbour/lamp/manifests/2.7.1', 'raw'), told, []],
    [{ action: 'DELETED' }, told, []],
    [{ action: 'PURGED' }, told, []],
    [{ 'component.format': 'npm' }, told, []],
    [{ component: undefined }, told, []],
  ])
})

// Computed by openssl, not by this code.
test('nexus: knows a signature made elsewhere', () => {
  const headers = { 'x-nexus-webhook-signature': '939b457cbeffa632fd7aa7d17546203b4bc15a82' }
  assert.deepEqual(read('nexus', { headers, body: Buffer.from('{"a":1}\n') }), [])
})

test('gitea: reads images, and not other packages', () => {
  check('gitea', [
    [{}, {}, [lamp]],
    [{ 'package.owner.login': 'Harbour' }, {}, [lamp]],
    [{ 'package.name': 'team/lamp' }, {}, ['registry.example.com/harbour/team/lamp:2.7.1']],
    [
      { 'package.html_url': 'https://registry.example.com:3000/git/harbour' },
      {},
      ['registry.example.com:3000/harbour/lamp:2.7.1'],
    ],
    [{ 'package.html_url': undefined }, {}, ['/harbour/lamp:2.7.1']],
    [{ action: 'deleted' }, {}, []],
    [{ 'package.type': 'npm', 'package.version': undefined }, {}, []],
  ])
  const { headers, body } = deliveryOf('gitea')
  for (const event of ['push', 'release', undefined]) {
    assert.deepEqual(read('gitea', { headers: { ...headers, 'x-gitea-event': event }, body }), [], event)
  }
  assert.throws(() => read('gitea', deliveryOf('gitea', { action: 'created', package: { type: 'container' } })), {
    code: 'INVALID_BODY',
    message: 'Cannot read event at "owner": expected an owner',
  })
})

test('alibaba: the path alone counts without a registry', () => {
  check('alibaba', [
    [{}, {}, ['/harbour/lamp:2.7.1']],
    [{ 'repository.region': undefined }, { registry: 'registry.example.com' }, [lamp]],
  ])
})

test('zot: reads images that were updated, whatever the prefix of the type', () => {
  check('zot', [
    [{}, {}, ['/harbour/lamp:2.7.1']],
    [{ type: 'com.example.image.updated' }, {}, ['/harbour/lamp:2.7.1']],
    [{ type: 'zotregistry.image.deleted' }, {}, []],
    [{ type: 'zotregistry.image.lint_failed' }, {}, []],
    [{ type: 'zotregistry.repository.created', data: { name: 'harbour/lamp' } }, {}, []],
    [{ data: undefined }, {}, []],
  ])
})

test('cloudevents and zot: read structured and binary mode and batches', () => {
  const authorization = `Bearer ${SECRET}`
  const type = 'zotregistry.image.updated'
  const data = { name: 'harbour/lamp', reference: '2.7.1' }
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
  const cases: readonly [headers: Readonly<Record<string, string>>, body: Buffer, count: number][] = [
    [{ 'content-type': 'application/cloudevents+json; charset=UTF-8' }, bytes({ type, data }), 1],
    [
      { 'content-type': 'application/cloudevents-batch+json' },
      bytes([{ type, data }, { type: 'x' }, { type, data }]),
      2,
    ],
    [{ 'content-type': 'application/json' }, bytes({ type, data }), 1],
    [{ 'content-type': 'application/json', 'ce-type': type, 'ce-id': '1' }, bytes(data), 1],
    [{ 'content-type': 'application/json', 'ce-type': 'x' }, bytes({ type, data }), 0],
    // The content type says that it is structured.
    [{ 'content-type': 'application/cloudevents+json', 'ce-type': 'x' }, bytes({ type, data }), 1],
    [{}, bytes({ type, data_base64: bytes(data).toString('base64') }), 1],
    [{}, bytes({ type, data_base64: 'AAEC' }), 0],
    [{}, bytes({ type }), 0],
  ]
  for (const [headers, body, count] of cases) {
    const found = read('zot', { headers: { authorization, ...headers }, body })
    assert.deepEqual(found, Array(count).fill('/harbour/lamp:2.7.1'), `${JSON.stringify(headers)} ${body}`)
  }
  const binary = { authorization, 'ce-type': 'dev.cdevents.artifact.published.0.1.0' }
  assert.deepEqual(read('cloudevents', { headers: binary, body: bytes(published(LAMP)) }), [lamp])
})

test('cloudevents: reads artifact events of CDEvents, and any event whose data names images', () => {
  const other = { type: 'com.example.built', data: { image: 'registry.example.com/harbour/lamp', tag: '2.7.1' } }
  const two = [other.data, { image: 'registry.example.com/harbour/bell:1' }]
  check('cloudevents', [
    [{ type: 'dev.cdevents.artifact.packaged.0.2.0' }, {}, [lamp]],
    [{ type: 'dev.cdevents.artifact.deleted.0.1.0' }, {}, []],
    [{ type: 'dev.cdevents.artifact.publishedness' }, {}, []],
    [other, {}, [lamp]],
    [{ ...other, data: two }, {}, [lamp, 'registry.example.com/harbour/bell:1']],
    [{ ...other, data: [...two, { image: 'x y' }] }, {}, []],
    [other, { registry: 'registry.example.com' }, [lamp]],
    [other, { registry: 'ghcr.io' }, []],
  ])
})

test('artifactory and nexus: sign with different hashes', () => {
  const { body } = deliveryOf('nexus')
  const headers = { 'x-nexus-webhook-signature': createHmac('sha256', SECRET).update(body).digest('hex') }
  assert.throws(() => read('nexus', { headers, body }), { code: 'UNAUTHORIZED' })
})
