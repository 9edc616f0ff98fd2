import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { askEcr, isEcrHost } from '../../../../src/watchers/registry/credentials/ecr.js'
import { json, type OddServer, startOddServer } from '../odd-server.js'

const { signal } = new AbortController()
const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const EXPIRES_AT = Date.UTC(2026, 10, 20, 12)
const data = (text: string) => ({
  authorizationToken: Buffer.from(text).toString('base64'),
  expiresAt: EXPIRES_AT / 1_000,
  proxyEndpoint: `https://${HOST}`,
})

/**
 * GetAuthorizationToken of both services, in the AWS JSON 1.1 protocol: the target names the operation, the signature the
 * region (API references of Amazon ECR and Amazon ECR public).
 */
let aws: OddServer
let targets: (string | string[] | undefined)[]
let token: string
const environment = { ...process.env }

before(async () => {
  aws = await startOddServer((request, response, message) => {
    const target = String(message.headers['x-amz-target'])
    targets.push(target)
    if (!/Credential=made-up\//.test(request.authorization ?? '')) {
      const failure = { __type: 'UnrecognizedClientException', message: 'The security token is invalid' }
      return void response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(failure))
    }
    const authorizationData = target.startsWith('Spencer') ? data(token) : [data(token)]
    json(response, { authorizationData }, { 'content-type': 'application/x-amz-json-1.1' })
  })
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'made-up',
    AWS_SECRET_ACCESS_KEY: 'made-up',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  })
  targets = []
  token = 'AWS:pass:word'
})
afterEach(() => {
  targets = []
  token = 'AWS:pass:word'
  process.env.AWS_ACCESS_KEY_ID = 'made-up'
})
after(async () => {
  process.env = environment
  await aws.stop()
})

const region = () => /Credential=[^/]+\/\d+\/([^/]+)\//.exec(aws.requests.at(-1)?.authorization ?? '')?.[1]

describe('Amazon ECR', () => {
  const GIVEN: readonly [host: string, target: string, region: string][] = [
    [HOST, 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken', 'eu-central-1'],
    [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
      'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      'cn-north-1',
    ],
    ['public.ecr.aws', 'SpencerFrontendService.GetAuthorizationToken', 'us-east-1'],
  ]
  for (const [host, target, expected] of GIVEN) {
    it(`gives a password for ${host}`, async () => {
      assert.deepEqual(await askEcr(host, signal), {
        credential: { kind: 'password', username: 'AWS', password: 'pass:word' },
        expiresAt: EXPIRES_AT,
      })
      assert.deepEqual([targets, region()], [[target], expected])
    })
  }

  it('may refuse', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'unknown'
    await assert.rejects(askEcr(HOST, signal), { message: 'The security token is invalid' })
  })

  it('may give what is no password', async () => {
    token = 'hunter2'
    await assert.rejects(askEcr(HOST, signal), { message: 'Amazon ECR gave no authorization token' })
  })

  it('is not asked when nobody waits any more', async () => {
    await assert.rejects(askEcr(HOST, AbortSignal.abort()), { name: 'AbortError' })
    assert.deepEqual(targets, [])
  })

  it('is not asked for the registry of somebody else', async () => {
    const message = '"ghcr.io" is not a registry of Amazon ECR'
    await assert.rejects(askEcr('ghcr.io', signal), { message })
  })
})

const HOSTS: readonly [host: string, expected: boolean][] = [
  [HOST, true],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', true],
  ['123456789012.dkr-ecr.eu-west-1.on.aws', true],
  ['public.ecr.aws', true],
  [`${HOST}.example.com`, false],
  [`${HOST}:5000`, false],
  ['12345.dkr.ecr.eu-central-1.amazonaws.com', false],
  ['123456789012.dkr.ecr.eu.central.amazonaws.com', false],
  ['123456789012xdkr.ecr.eu-central-1.amazonaws.com', false],
  ['ecr.aws', false],
]
for (const [host, expected] of HOSTS) {
  it(`${host} ${expected ? 'is' : 'is not'} a host of ECR`, () => assert.equal(isEcrHost(host), expected))
}
