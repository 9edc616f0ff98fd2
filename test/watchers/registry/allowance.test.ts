import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { type Allowance, createAllowances } from '../../../src/watchers/registry/allowance.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import { manualClock } from '../../parts/manual-clock.js'
import { startOddServer } from './odd-server.js'

const left = (remaining: string, limit = '100;w=21600') => ({
  'ratelimit-remaining': remaining,
  'ratelimit-limit': limit,
})

describe('the allowance of a registry', () => {
  const CASES: readonly [headers: Record<string, string>, exhausted: boolean][] = [
    [{}, false],
    [left('76;w=21600'), false],
    [left('11;w=21600'), false],
    [left('10;w=21600'), true],
    [left('0'), true],
    [left('20', '200'), true],
    [left('21', '200'), false],
    [left('many'), false],
    [left('-1'), false],
    [left('5', 'none'), false],
    [left('9'.repeat(40)), false],
  ]
  for (const [headers, exhausted] of CASES) {
    it(`is ${exhausted ? '' : 'not '}exhausted by ${JSON.stringify(headers)}`, () => {
      const allowances = createAllowances(manualClock())
      allowances.note('docker.io', headers)
      assert.equal(allowances.exhausted('docker.io') !== undefined, exhausted)
      assert.equal(allowances.exhausted('ghcr.io'), undefined)
    })
  }

  it('is told when it changes, and found out anew after a quarter of an hour', async () => {
    const clock = manualClock()
    const told: Allowance[] = []
    const allowances = createAllowances(clock, (allowance) => told.push(allowance))
    for (const remaining of ['12', '12', '9']) allowances.note('docker.io', left(remaining))
    assert.deepEqual(
      told.map(({ remaining }) => remaining),
      [12, 9],
    )
    await clock.advance(899_999)
    assert.notEqual(allowances.exhausted('docker.io'), undefined)
    await clock.advance(1)
    assert.equal(allowances.exhausted('docker.io'), undefined)
  })
})

it('what is left of it is not spent, for a reason of its own, and HEAD goes on', async () => {
  const server = await startOddServer(({ method }, response) => {
    // Docker Hub's headers, on a registry that gives no digest to HEAD.
    response.writeHead(method === 'HEAD' ? 200 : 500, left('10;w=21600')).end()
  })
  const registry = ociRegistry({ hosts: () => ({ plainHttp: true }), clock: systemClock, userAgent: 'test' })
  const repository = parseRepository(`${server.host}/team/app`)
  const { signal } = new AbortController()
  await assert.rejects(registry.resolveDigest(repository, '1.0.0', { signal }), {
    code: 'SPARED',
    message: `Cannot resolve "${server.host}/team/app:1.0.0": "${server.host}" allows few more pulls, which are left to those who run the image`,
  })
  assert.deepEqual(
    server.requests.map(({ method }) => method),
    ['HEAD'],
  )
  await registry.stop()
  await server.stop()
})
