import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrSender, type CloudOptions } from '../../../src/watchers/webhooks/acr.js'
import { ecrSender } from '../../../src/watchers/webhooks/ecr.js'
import { bearing, DIGEST, SECRET } from './deliveries.js'

const ACR = 'harbour.azurecr.io'
const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'

/** As Azure Container Registry sends one. */
const acrEvent = ({ action = 'push', target = {}, host = ACR as unknown } = {}) => ({
  id: '5b8c2c34-3c2b-4a4e-8f5d-0d1e2f3a4b5c',
  timestamp: '2026-03-04T05:06:07.1234567Z',
  action,
  target: {
    mediaType: 'application/vnd.oci.image.index.v1+json',
    size: 517,
    digest: DIGEST,
    length: 517,
    repository: 'team/lamp',
    tag: '2.7.1',
    ...target,
  },
  request: { id: '7d', host, method: 'PUT', useragent: 'docker/27' },
})

/** As EventBridge sends one of Amazon ECR. */
const ecrEvent = ({ type = 'ECR Image Action', detail = {}, ...over }: Record<string, unknown> = {}) => ({
  version: '0',
  id: '0d1e2f3a-4b5c-6d7e-8f90-a1b2c3d4e5f6',
  'detail-type': type,
  source: 'aws.ecr',
  account: '123456789012',
  time: '2026-03-04T05:06:07Z',
  region: 'eu-central-1',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'team/lamp',
    'image-digest': DIGEST,
    'action-type': 'PUSH',
    'image-tag': '2.7.1',
    ...(detail as object),
  },
  ...over,
})

const lampAt = (registry: string) => [{ repository: { registry, path: 'team/lamp' }, tag: '2.7.1' }]

test('acr: reads the push of a tag, and nothing else', () => {
  const cases: [body: unknown, expected: unknown][] = [
    [acrEvent(), lampAt(ACR)],
    [acrEvent({ host: ACR.toUpperCase() }), lampAt(ACR)],
    [acrEvent({ target: { tag: undefined } }), []],
    [acrEvent({ target: { tag: '' } }), []],
    [acrEvent({ target: { repository: '../lamp' } }), []],
    [acrEvent({ action: 'delete' }), []],
    [acrEvent({ action: 'chart_push' }), []],
    [{ id: '5b', timestamp: '2026-03-04T05:06:07Z', action: 'ping' }, []],
  ]
  const sender = acrSender({ secret: SECRET })
  for (const [body, expected] of cases) assert.deepEqual(sender.read(bearing(body)), expected, JSON.stringify(body))
})

test('ecr: reads the push of a tag, and nothing else', () => {
  const china = { account: '210987654321', region: 'cn-north-1' }
  const cases: [body: unknown, expected: unknown][] = [
    [ecrEvent(), lampAt(ECR)],
    [ecrEvent(china), lampAt('210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn')],
    [ecrEvent({ detail: { 'image-tag': undefined } }), []],
    [ecrEvent({ detail: { 'image-tag': '' } }), []],
    [ecrEvent({ detail: { 'repository-name': 'UPPER CASE' } }), []],
    [ecrEvent({ detail: { 'action-type': 'DELETE' } }), []],
    [ecrEvent({ detail: { result: 'FAILURE' } }), []],
    [ecrEvent({ type: 'ECR Image Scan', detail: { 'image-tags': ['2.7.1'], 'repository-name': undefined } }), []],
  ]
  const sender = ecrSender({ secret: SECRET })
  for (const [body, expected] of cases) assert.deepEqual(sender.read(bearing(body)), expected, JSON.stringify(body))
})

const CLOUDS = {
  acr: { create: acrSender, event: acrEvent(), host: ACR },
  ecr: { create: ecrSender, event: ecrEvent(), host: ECR },
}

for (const [name, { create, event, host }] of Object.entries(CLOUDS)) {
  const read = (options: Partial<CloudOptions>, headers: Record<string, string>) =>
    create({ secret: SECRET, ...options }).read({ ...bearing(event), headers })

  test(`${name}: takes the secret as a bearer token, or as it is in the header that is named`, () => {
    const bearer = { authorization: `Bearer ${SECRET}` }
    assert.deepEqual(read({}, bearer), lampAt(host))
    assert.deepEqual(read({ header: 'x-api-key' }, { 'x-api-key': SECRET }), lampAt(host))
    assert.deepEqual(read({ header: 'authorization' }, { authorization: SECRET }), lampAt(host))
    const refused: [Partial<CloudOptions>, Record<string, string>][] = [
      [{}, {}],
      [{}, { authorization: SECRET }],
      [{}, { authorization: `Bearer ${SECRET}x` }],
      [{}, { 'x-api-key': SECRET }],
      [{ header: 'x-api-key' }, bearer],
      [{ header: 'x-api-key' }, { 'x-api-key': `Bearer ${SECRET}` }],
    ]
    for (const [options, headers] of refused) {
      assert.throws(() => read(options, headers), { code: 'UNAUTHORIZED' }, JSON.stringify([options, headers]))
    }
  })

  test(`${name}: ignores registries other than the configured one`, () => {
    const bearer = { authorization: `Bearer ${SECRET}` }
    assert.deepEqual(read({ registry: host }, bearer), lampAt(host))
    assert.deepEqual(read({ registry: `other.${host}` }, bearer), [])
  })
}

test('refuses a body of another format', () => {
  const cases: [sender: keyof typeof CLOUDS, body: unknown, message: string][] = [
    ['acr', [], 'Cannot read event: expected an object with "action"'],
    ['acr', acrEvent({ host: 7 }), 'Cannot read event at "request.host": expected a host'],
    ['ecr', null, 'Cannot read event: expected an object with "detail-type"'],
    ['ecr', ecrEvent({ account: '10.0.0.7/' }), 'Cannot read event at "account": expected an account'],
    ['ecr', ecrEvent({ region: 'eu.example.com/' }), 'Cannot read event at "region": expected a region'],
    ['ecr', ecrEvent({ detail: { result: 1 } }), 'Cannot read event at "detail.result": expected a result'],
  ]
  for (const [name, body, message] of cases) {
    const sender = CLOUDS[name].create({ secret: SECRET })
    assert.throws(() => sender.read(bearing(body)), { code: 'INVALID_BODY', message }, message)
  }
})
