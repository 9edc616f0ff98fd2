import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Invocation } from '../../src/commands/command.js'
import { order } from '../../src/commands/service-client.js'
import { startedForPeople, TOKENS } from '../web/people.js'

function invocation(server: string, token: string): Invocation {
  return {
    operands: ['lamp'],
    options: { server },
    config: ['tidemark.yaml'],
    output: 'text',
    verbosity: 'normal',
    version: '1.2.3',
    env: { TIDEMARK_ADMIN_TOKEN: token },
    signal: new AbortController().signal,
    printsToTerminal: false,
    interactive: false,
    print: () => {},
    tell: () => {},
    load: async () => assert.fail('the policy file is read'),
  }
}

test('sends a token that came with the end of its line', async (t) => {
  const { web, ordered } = await startedForPeople(t)
  assert.deepEqual(await order(invocation(web.url, `${TOKENS.adminToken}\r\n`), 'lamp', 'release', {}), {
    released: true,
  })
  assert.deepEqual(ordered, ['release lamp *'])
})

test('repeats nothing of a token that cannot be sent', async () => {
  for (const token of ['made-up\nof-two-lines', 'made-up text', 'made-up\u20ac', 'made-up\u0001']) {
    await assert.rejects(order(invocation('http://127.0.0.1:9', token), 'lamp', 'release', {}), {
      name: 'UsageError',
      message: 'Cannot operate: TIDEMARK_ADMIN_TOKEN has other characters than a token has',
    })
  }
})
