import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebhookError } from '../../../src/watchers/webhooks/errors.js'
import { genericSender } from '../../../src/watchers/webhooks/generic.js'
import { DIGEST, SECRET, signed } from './deliveries.js'

const sender = genericSender({ secret: SECRET })
const lamp = { registry: 'ghcr.io', path: 'harbour/lamp' }

test('reads what was pushed', () => {
  const cases: [body: unknown, expected: unknown][] = [
    [{ image: 'ghcr.io/harbour/lamp', tag: '2.7.1', digest: DIGEST }, [{ repository: lamp, tag: '2.7.1' }]],
    [{ image: 'ghcr.io/harbour/lamp' }, [{ repository: lamp }]],
    [{ image: `ghcr.io/harbour/lamp@${DIGEST}` }, [{ repository: lamp }]],
    [{ image: `ghcr.io/harbour/lamp:2.7.1@${DIGEST}` }, [{ repository: lamp, tag: '2.7.1' }]],
    [{ image: 'ghcr.io/harbour/lamp:2.7.0', tag: '2.7.1' }, [{ repository: lamp, tag: '2.7.1' }]],
    [{ image: 'lamp', job: 4711 }, [{ repository: { registry: 'docker.io', path: 'library/lamp' } }]],
    [[], []],
    [
      [{ image: 'ghcr.io/harbour/lamp' }, { image: 'localhost:5000/bell:1' }],
      [{ repository: lamp }, { repository: { registry: 'localhost:5000', path: 'bell' }, tag: '1' }],
    ],
  ]
  for (const [body, expected] of cases) {
    assert.deepEqual(sender.read(signed(JSON.stringify(body))), expected, JSON.stringify(body))
  }
})

test('ignores other registries than the configured one', () => {
  const body = signed('[{ "image": "ghcr.io/harbour/lamp" }, { "image": "registry-1.docker.io/alpine" }]')
  const cases: [registry: string, expected: string[]][] = [
    ['ghcr.io', ['harbour/lamp']],
    ['docker.io', ['library/alpine']],
    ['quay.io', []],
  ]
  for (const [registry, expected] of cases) {
    const images = genericSender({ secret: SECRET, registry }).read(body)
    assert.deepEqual(
      images.map((image) => image.repository.path),
      expected,
    )
  }
})

test('refuses a body of another format, and names the fault', () => {
  const image = '{ "image": "ghcr.io/harbour/lamp" }'
  const cases: [body: string | Uint8Array, message: string][] = [
    ['', 'Cannot read event: not JSON in UTF-8'],
    ['{', 'Cannot read event: not JSON in UTF-8'],
    [Uint8Array.of(0x22, 0xff, 0x22), 'Cannot read event: not JSON in UTF-8'],
    ['null', 'Cannot read event at "0": expected an object with "image"'],
    ['"ghcr.io/harbour/lamp"', 'Cannot read event at "0": expected an object with "image"'],
    [`[[${image}]]`, 'Cannot read event at "0": expected an object with "image"'],
    ['{ "tag": "1" }', 'Cannot read event at "0.image": expected the name of an image'],
    ['{ "__proto__": { "image": "lamp" } }', 'Cannot read event at "0.image": expected the name of an image'],
    ['{ "image": "https://ghcr.io/lamp" }', 'Cannot read event at "0.image": expected the name of an image'],
    ['{ "image": "ghcr.io/../lamp" }', 'Cannot read event at "0.image": expected the name of an image'],
    ['{ "image": "lamp:" }', 'Cannot read event at "0.image": expected the name of an image'],
    [`[${image}, { "image": "lamp", "tag": "" }]`, 'Cannot read event at "1.tag": expected a tag'],
    ['{ "image": "lamp", "tag": null }', 'Cannot read event at "0.tag": expected a tag'],
    ['{ "image": "lamp", "tag": "a b" }', 'Cannot read event at "0.tag": expected a tag'],
    ['{ "image": "lamp", "digest": "sha256:12" }', 'Cannot read event at "0.digest": expected a digest'],
    [`[${Array(1_001).fill(image)}]`, 'Cannot read event: expected at most 1000 images'],
  ]
  for (const [body, message] of cases) {
    assert.throws(() => sender.read(signed(body)), new WebhookError('INVALID_BODY', message), message)
  }
})

test('takes a thousand images', () => {
  assert.equal(sender.read(signed(`[${Array(1_000).fill('{ "image": "lamp" }')}]`)).length, 1_000)
})

test('survives deep nesting', () => {
  const depth = 500_000
  assert.throws(() => sender.read(signed('['.repeat(depth) + ']'.repeat(depth))), { code: 'INVALID_BODY' })
})

// Both pairs of secret and body were signed by others than this code: GitHub's documentation of webhook signatures, and openssl.
test('knows published signatures over bytes that are not JSON', () => {
  const cases: [secret: string, body: string, hex: string][] = [
    ["It's a Secret to Everybody", 'Hello, World!', '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
    ['made-up-secret', '{"a":1}\n', '4c9db88f6b4cca6aa75d0cab77c2189878cea033fb01a0e67eca06a6ed75adb9'],
  ]
  for (const [secret, body, hex] of cases) {
    for (const signature of [hex, hex.toUpperCase()]) {
      const delivery = { headers: { 'x-signature': `sha256=${signature}` }, body: Buffer.from(body) }
      assert.throws(() => genericSender({ secret }).read(delivery), { code: 'INVALID_BODY' })
    }
  }
})

test('refuses what is not signed with the secret, before it is parsed', () => {
  const delivery = signed('not JSON')
  const right = delivery.headers['x-signature'] ?? ''
  const wrong = [
    undefined,
    '',
    'sha256=',
    right.slice('sha256='.length),
    right.slice(0, -1),
    `${right}0`,
    `${right.slice(0, -1)}g`,
    right.replace('sha256', 'sha1'),
    `${right}, ${right}`,
    signed('not JSON', 'another-secret').headers['x-signature'],
    signed('not JSON ').headers['x-signature'],
  ]
  const refusal = new WebhookError('UNAUTHORIZED', 'Cannot accept event: missing or wrong signature')
  for (const signature of wrong) {
    assert.throws(() => sender.read({ ...delivery, headers: { 'x-signature': signature } }), refusal, signature)
  }
})
