import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isRefusal } from '../../../src/watchers/registry/refusal.js'

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const HUB = 'docker.io'
const EXPIRED =
  '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}'
const INVALID = '{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}'
const DENIED = '{"errors":[{"code":"DENIED","message":"User is not authorized to perform ecr:ListTagsForResource"}]}'

const CASES: readonly [registry: string, status: number, body: string, expected: boolean][] = [
  [HUB, 401, '', true],
  [HUB, 401, DENIED, true],
  [HUB, 403, '', false],
  [HUB, 400, '', false],
  [ECR, 200, EXPIRED, false],
  [ECR, 403, EXPIRED, true],
  [ECR, 403, DENIED, false],
  [ECR, 403, '', true],
  [ECR, 404, '', false],
  ['public.ecr.aws', 400, INVALID, true],
  ['public.ecr.aws', 400, '', true],
  ['public.ecr.aws', 400, '{"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]}', false],
]

for (const [registry, status, body, expected] of CASES) {
  it(`${registry} answering ${status} ${body.slice(22, 80)} ${expected ? 'refuses' : 'does not refuse'} a credential`, () => {
    assert.equal(judge(registry, status, body), expected)
  })
}

it('what a redirect led to refuses nothing', () => {
  for (const status of [401, 403]) assert.equal(judge(ECR, status, EXPIRED, 'https://elsewhere.example.com'), false)
})

function judge(registry: string, status: number, body: string, origin = `https://${registry}`): boolean {
  const url = new URL(`${origin}/v2/`)
  const asked = { method: 'GET' } as const
  const answer = { status, headers: {}, body: Buffer.from(body), url, address: '192.0.2.1', asked }
  return isRefusal(answer, { registry, url: new URL(`https://${registry}/v2/a/tags/list`) })
}
