import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { askGar } from '../../../../src/watchers/registry/credentials/gar.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { json, type OddServer, startOddServer } from '../odd-server.js'

const { signal } = new AbortController()
const HOST = 'europe-west1-docker.pkg.dev'

/** The metadata server of Compute Engine's documentation, and the exchange of tokens of workload identity federation's. */
let google: OddServer
let folder: string
const environment = { ...process.env }

before(async () => {
  folder = await temporaryFolder('gar')
  google = await startOddServer((request, response, message) => {
    const flavor = { 'metadata-flavor': 'Google' }
    if (request.path === '/v1/token') {
      const subject = new URLSearchParams(request.body).get('subject_token')
      return json(response, { access_token: `for-${subject}`, expires_in: 3_600, token_type: 'Bearer' })
    }
    if (message.headers['metadata-flavor'] !== 'Google') return void response.writeHead(403).end()
    if (request.path.includes('/service-accounts/default/token')) {
      return json(response, { access_token: 'metadata', expires_in: 1_800, token_type: 'Bearer' }, flavor)
    }
    if (request.path.startsWith('/computeMetadata/v1/universe')) return void response.writeHead(404, flavor).end()
    response.writeHead(200, { ...flavor, 'content-type': 'text/plain' }).end('')
  })
  Object.assign(process.env, { GCE_METADATA_HOST: google.host, HOME: folder, CLOUDSDK_CONFIG: folder })
  delete process.env.GOOGLE_APPLICATION_CREDENTIALS
})
after(async () => {
  process.env = environment
  await google.stop()
  await removeFolder(folder)
})

describe("Google's registry", () => {
  for (const host of [HOST, 'gcr.io', 'eu.gcr.io']) {
    it(`has a password for ${host} from the metadata server`, async () => {
      const before = Date.now()
      const { credential, expiresAt = 0 } = await askGar(host, signal)
      assert.deepEqual(credential, { kind: 'password', username: 'oauth2accesstoken', password: 'metadata' })
      assert.ok(expiresAt >= before + 1_799_000 && expiresAt <= Date.now() + 1_800_000, String(expiresAt - before))
    })
  }

  it('has a password for a workload identity', async () => {
    const [path, subject] = [join(folder, 'key.json'), join(folder, 'subject')]
    await writeFile(subject, 'jwt')
    const key = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.url}/v1/token`,
      credential_source: { file: subject },
    }
    await writeFile(path, JSON.stringify(key))
    process.env.GOOGLE_APPLICATION_CREDENTIALS = path
    const { credential } = await askGar(HOST, signal)
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS
    assert.equal(credential?.kind === 'password' && credential.password, 'for-jwt')
  })

  for (const host of [
    'ghcr.io',
    'gcr.io.example.com',
    'evilgcr.io',
    'docker.pkg.dev',
    'a.b-docker.pkg.dev',
    'gcr.io:80',
  ]) {
    it(`is not ${host}`, async () => {
      await assert.rejects(askGar(host, signal), { message: `"${host}" is not a registry of Google's` })
    })
  }
})
