import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { keyJudge } from '../../../src/watchers/signatures/keys.js'
import { payloadLayer, payloadOf, pemOf, signingKey } from '../../parts/signing.js'

const DIGEST = `sha256:${'1'.repeat(64)}`
const PAYLOAD = payloadOf(DIGEST)

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const curve = (namedCurve: string): Pair => generateKeyPairSync('ec', { namedCurve })
const rsa = (modulusLength: number): Pair => generateKeyPairSync('rsa', { modulusLength })
const [p256, p384, p521, rsa2048] = [curve('P-256'), curve('P-384'), curve('P-521'), rsa(2_048)]
const ed25519: Pair = generateKeyPairSync('ed25519')
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING }

function judged(pem: string, signature: Buffer) {
  const { annotations = {} } = payloadLayer(PAYLOAD, signature)
  const judgement = keyJudge(pem)({ kind: 'simpleSigning', payload: PAYLOAD, annotations }, DIGEST)
  return 'by' in judgement ? 'yes' : judgement.reason
}

describe('a key', () => {
  const SCHEMES: readonly [name: string, pair: Pair, hash: string | null, options: object, verified: boolean][] = [
    ['P-256 with SHA-256', p256, 'sha256', {}, true],
    ['P-256 with SHA-1', p256, 'sha1', {}, false],
    ['P-256 with SHA-256, not in DER', p256, 'sha256', { dsaEncoding: 'ieee-p1363' }, false],
    ['P-384 with SHA-384', p384, 'sha384', {}, true],
    ['P-384 with SHA-256', p384, 'sha256', {}, true],
    ['P-521 with SHA-512', p521, 'sha512', {}, true],
    ['RSA with PKCS #1 v1.5', rsa2048, 'sha256', {}, true],
    ['RSA with PSS', rsa2048, 'sha256', pss, true],
    ['RSA with SHA-1', rsa2048, 'sha1', {}, false],
    ['Ed25519', ed25519, null, {}, true],
  ]
  for (const [name, { publicKey, privateKey }, hash, options, verified] of SCHEMES) {
    it(`${name} ${verified ? 'verifies' : 'does not verify'}`, () => {
      const signature = sign(hash, PAYLOAD, { key: privateKey, ...options })
      assert.equal(judged(pemOf(publicKey), signature), verified ? 'yes' : 'signed by another key')
    })
  }

  it('is named by the hash of its bytes', () => {
    const { pem, sign } = signingKey()
    const { annotations = {} } = payloadLayer(PAYLOAD, sign(PAYLOAD))
    const judgement = keyJudge(pem)({ kind: 'simpleSigning', payload: PAYLOAD, annotations }, DIGEST)
    assert.match('by' in judgement ? judgement.by : '', /^key SHA256:[A-Za-z0-9+/]{43}=$/)
  })

  const privateKey = p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const REFUSED: readonly [name: string, pem: string, reason: RegExp][] = [
    ['nothing', '', /: there is none in the PEM text$/],
    ['no PEM', 'cosign.pub', /: there is none in the PEM text$/],
    ['a private key', privateKey, /: "PRIVATE KEY" is not a public key$/],
    ['a key and a private key', `${pemOf(p256.publicKey)}${privateKey}`, /: "PRIVATE KEY" is not a public key$/],
    ['garbage', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /^Cannot read public keys: /],
    ['a short RSA key', pemOf(rsa(1_024).publicKey), /: RSA with less than 2048 bits$/],
    ['a curve that nobody signs with', pemOf(curve('secp256k1').publicKey), /: "secp256k1" signs no images$/],
    ['a key that cannot sign', pemOf(generateKeyPairSync('x25519').publicKey), /: "x25519" signs no images$/],
    ['more than a hundred', pemOf(p256.publicKey).repeat(101), /: there are more than 100$/],
  ]
  for (const [name, pem, reason] of REFUSED) {
    it(`is not ${name}`, () => {
      assert.throws(
        () => keyJudge(pem),
        (error) => {
          assert.equal(Object(error).code, 'INVALID_KEY')
          assert.match(Object(error).message, reason)
          assert.doesNotMatch(Object(error).message, /MIG/)
          return true
        },
      )
    })
  }
})
