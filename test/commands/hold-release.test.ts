import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Command, Invocation } from '../../src/commands/command.js'
import { hold } from '../../src/commands/hold.js'
import { release } from '../../src/commands/release.js'
import type { Configuration } from '../../src/config/configuration.js'
import { NOW, startedForPeople, TOKENS } from '../web/people.js'

interface Given extends Partial<Pick<Invocation, 'options' | 'env' | 'output' | 'verbosity' | 'signal'>> {
  readonly server?: Partial<Configuration['server']>
}

/** Runs a command as `main` does, and resolves to what it printed. */
async function ran(command: Command, operands: readonly string[], { server, ...given }: Given = {}): Promise<string> {
  let printed = ''
  const code = await command.run({
    operands,
    options: {},
    config: ['tidemark.yaml'],
    output: 'text',
    verbosity: 'normal',
    version: '1.2.3',
    env: {},
    signal: new AbortController().signal,
    printsToTerminal: false,
    interactive: false,
    print: (text) => {
      printed += text
    },
    tell: () => {},
    async load() {
      if (server === undefined) throw new Error('the policy file is read')
      return { server: { host: '127.0.0.1', port: 8080, names: [], ...server } } as unknown as Configuration
    },
    ...given,
  })
  assert.equal(code, 0)
  return printed
}

const ENV = { TIDEMARK_ADMIN_TOKEN: TOKENS.adminToken }
const DAY = '2026-11-21T00:00:00.000Z'

test('hold and release order it of the service that --server names', async (t) => {
  const { web, ordered } = await startedForPeople(t)
  const given = (options: Invocation['options'] = {}) => ({ env: ENV, options: { server: `${web.url}/`, ...options } })
  const runs: readonly [Command, readonly string[], Given, printed: string][] = [
    [hold, ['lamp'], given({ reason: 'leaks' }), 'lamp: every tag is held until it is released: leaks\n'],
    [hold, ['lamp', '2.8.0'], given({ reason: 'leaks', until: '24h' }), `lamp: 2.8.0 is held until ${DAY}: leaks\n`],
    [hold, ['lamp', '2.8.0'], given({ reason: 'x', until: DAY }), `lamp: 2.8.0 is held until ${DAY}: x\n`],
    [hold, ['team/bell'], { ...given({ reason: 'x' }), verbosity: 'quiet' }, ''],
    [
      hold,
      ['lamp', '1'],
      { ...given({ reason: 'x', until: '1s' }), output: 'json' },
      `${JSON.stringify({ policy: 'lamp', tag: '1', reason: 'x', at: NOW, until: NOW + 1_000 })}\n`,
    ],
    [release, ['lamp', '2.8.0'], given(), 'lamp: 2.8.0 is released\n'],
    [release, ['team/bell'], given(), 'team/bell: nothing was held\n'],
    [release, ['lamp'], { ...given(), output: 'json' }, '{"policy":"lamp","released":true}\n'],
    [release, ['lamp', '1'], { ...given(), verbosity: 'quiet' }, ''],
  ]
  for (const [command, operands, options, printed] of runs) {
    assert.equal(await ran(command, operands, options), printed)
  }
  assert.deepEqual(ordered, [
    'hold lamp * leaks ever',
    'hold lamp 2.8.0 leaks 86400000',
    'hold lamp 2.8.0 x 86400000',
    'hold team/bell * x ever',
    'hold lamp 1 x 1000',
    'release lamp 2.8.0',
    'release team/bell *',
    'release lamp *',
    'release lamp 1',
  ])
})

test('the policy file says where the service is and how to order', async (t) => {
  const { web, ordered } = await startedForPeople(t)
  const port = Number(new URL(web.url).port)
  const { adminToken } = TOKENS
  const servers: readonly Given[] = [
    { server: { port, adminToken } },
    { server: { port, host: '0.0.0.0', adminToken } },
    { server: { port, host: 'localhost', adminToken: 'another-token' }, env: ENV },
    { server: { port: 1, adminToken }, options: { server: web.url }, env: { TIDEMARK_ADMIN_TOKEN: '' } },
  ]
  for (const given of servers) await ran(release, ['lamp'], given)
  assert.deepEqual(
    ordered,
    servers.map(() => 'release lamp *'),
  )
})

test('tells what the service refuses', async (t) => {
  const { web, queue } = await startedForPeople(t)
  const options = { server: web.url }
  const refusals: readonly [Command, readonly string[], Given, name: string, message: string][] = [
    [release, ['none'], { env: ENV, options }, 'UsageError', 'Cannot find policy "none": there is none of this name'],
    [release, ['lamp', 'a b'], { env: ENV, options }, 'UsageError', 'Cannot read body, tag: expected a tag'],
    [
      hold,
      ['lamp'],
      { env: ENV, options: { ...options, reason: ' ' } },
      'UsageError',
      'Cannot hold without a reason: say why in one line',
    ],
    [
      release,
      ['lamp'],
      { env: { TIDEMARK_ADMIN_TOKEN: 'wrong-and-made-up' }, options },
      'ServiceError',
      'Cannot log in: wrong token',
    ],
    [
      release,
      ['lamp'],
      { env: { TIDEMARK_ADMIN_TOKEN: TOKENS.readToken }, options },
      'ServiceError',
      'Cannot operate: this token only allows to read',
    ],
  ]
  for (const [command, operands, given, name, message] of refusals) {
    await assert.rejects(ran(command, operands, given), { name, message })
  }
  queue.isAway = true
  const message = 'Cannot answer: the queue is away, ask again'
  await assert.rejects(ran(release, ['lamp'], { env: ENV, options }), { name: 'ServiceError', message })
})

const NOWHERE: readonly [Command, readonly string[], Given, message: RegExp][] = [
  [hold, [], { options: { reason: 'x' } }, /^Cannot hold: name one policy, and perhaps a tag$/],
  [release, ['a', 'b', 'c'], {}, /^Cannot release: name one policy, and perhaps a tag$/],
  [hold, ['lamp'], {}, /^Cannot hold: say why by --reason$/],
  [hold, ['lamp'], { options: { reason: 'x', until: 'soon' } }, /^Cannot hold --until "soon": expected a time/],
  [release, ['lamp'], { options: { server: 'ftp://a' } }, /^Cannot take --server: expected an http:/],
  [release, ['lamp'], { options: { server: 'http://ci:hunter2@a' } }, /^Cannot take --server: [^@]+$/],
  [release, ['lamp'], { server: {} }, /^Cannot operate: set TIDEMARK_ADMIN_TOKEN, or server\.adminToken/],
  [release, ['lamp'], { server: { port: 0, adminToken: 'x' } }, /server\.port is 0, name its --server$/],
]

for (const [command, operands, given, message] of NOWHERE) {
  test(`asks nobody where it reads ${message.source}`, () =>
    assert.rejects(ran(command, operands, given), { name: 'UsageError', message }))
}

test('tells of a server that is none, and gives the token to no other', async (t) => {
  const told: (string | undefined)[] = []
  const elsewhere = await serving(t, ({ headers }, response) => {
    told.push(headers.authorization)
    response.end('{}')
  })
  const answers: readonly [RequestListener, RegExp][] = [
    [(_request, response) => response.writeHead(307, { location: elsewhere }).end(), /HTTP 307, which is no answer/],
    [(_request, response) => response.writeHead(404).end('<h1>Not found</h1>'), /HTTP 404, which is no answer/],
    [(_request, response) => response.end('"released"'), /HTTP 200, which is no answer/],
    [(_request, response) => response.end(`{"released":true,"a":"${'x'.repeat(100_000)}"}`), /HTTP 200, which is no/],
    [(_request, response) => response.writeHead(500).end('{"error":"a\\u001b[2Jb"}'), /^a\\u\{1b\}\[2Jb$/],
    [(request) => request.socket.destroy(), /^Cannot reach Tidemark at http:\/\/127\.0\.0\.1:\d+: /],
  ]
  for (const [answer, message] of answers) {
    const options = { server: await serving(t, answer) }
    await assert.rejects(ran(release, ['lamp'], { env: ENV, options }), { name: 'ServiceError', message })
  }
  assert.deepEqual(told, [])
})

test('stops to wait for a service once it must end', async (t) => {
  const stop = new AbortController()
  const options = { server: await serving(t, () => stop.abort('SIGTERM')) }
  await assert.rejects(ran(release, ['lamp'], { env: ENV, options, signal: stop.signal }), /SIGTERM/)
})

async function serving(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
