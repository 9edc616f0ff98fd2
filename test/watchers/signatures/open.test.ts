import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { RegistryError } from '../../../src/watchers/registry/errors.js'
import { SignatureError } from '../../../src/watchers/signatures/errors.js'
import { openSignatureCheck } from '../../../src/watchers/signatures/open.js'
import type { Verify } from '../../../src/watchers/signatures/verify.js'
import { signingKey } from '../../parts/signing.js'

const { signal } = new AbortController()
const cosign = { cosign: { pem: signingKey().pem } }
const app = parseRepository('ghcr.io/org/app')
const DIGEST = `sha256:${'a'.repeat(64)}`

it('hands on a verdict', async () => {
  const check = await openSignatureCheck(cosign, async () => ({ verified: false, reason: 'no signature found' }))
  assert.deepEqual(await check(app, DIGEST, signal), { verified: false, reason: 'no signature found' })
})

it('is a failed look where nobody can tell, and no verdict', async () => {
  const verify: Verify = async () => {
    throw new SignatureError('TRUSTED_ROOT_UNAVAILABLE', 'Cannot fetch the public trusted root: no route')
  }
  const check = await openSignatureCheck(cosign, verify)
  await assert.rejects(check(app, DIGEST, signal), (error) => {
    assert.ok(error instanceof RegistryError && error.retryable)
    const message = `Cannot check who signed "ghcr.io/org/app@${DIGEST}": Cannot fetch the public trusted root: no route`
    assert.equal(error.message, message)
    return true
  })
})

it('refuses a trusted root that cannot be read, and an identity without a name', async () => {
  const never: Verify = () => assert.fail('asked')
  const issuer = 'https://issuer.example.com'
  const missing = { keyless: { issuer, identity: 'a@example.com', trustedRoot: '/nowhere/root.json' } }
  await assert.rejects(
    openSignatureCheck(missing, never),
    /^SignatureError: Cannot read trusted root "\/nowhere\/root\.json": ENOENT/,
  )
  await assert.rejects(openSignatureCheck({ keyless: { issuer, identity: '' } }, never), SignatureError)
})
