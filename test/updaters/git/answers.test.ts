import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { discover, serverText } from '../../../src/updaters/git/answer.js'
import type { GitErrorCode } from '../../../src/updaters/git/errors.js'
import { httpTransport } from '../../../src/updaters/git/transports/http.js'
import { eventually } from '../../parts/eventually.js'
import { commitFiles, type GitAnswer, startGitServer } from '../../parts/git-server.js'
import { gitError, never, readRoot, type Scene, startScene } from './scene.js'

const credentials = { username: 'bot', password: 's3cret-t0ken' }

describe('answers of a server', () => {
  let scene: Scene
  before(async () => {
    scene = await startScene({ credentials })
  })
  afterEach(() => {
    scene.server.before = () => undefined
    scene.server.after = (_, answer) => answer
  })
  after(() => scene.stop())

  const answer = (status: number, type: string, body: string): GitAnswer => ({
    status,
    headers: { 'content-type': type },
    body: Buffer.from(body),
  })

  test('are cut behind their secrets', () => {
    const transport = httpTransport(new URL('http://127.0.0.1:1/'), { credentials })
    const said = serverText(transport, `${'\n'.repeat(3_995)}${credentials.password} and more`)
    assert.equal(said, '*** a')
  })

  // Node's servers refuse to send such a reason phrase, and its clients take it.
  test('are told without what steers a terminal, and without secrets', async () => {
    const hostile = createServer((socket) =>
      socket.end('HTTP/1.1 500 \x1b[2J s3cret-t0ken\r\ncontent-length: 0\r\n\r\n'),
    )
    await once(hostile.listen(0, '127.0.0.1'), 'listening')
    const { port } = hostile.address() as AddressInfo
    const transport = httpTransport(new URL(`http://127.0.0.1:${port}/`), { credentials })
    await assert.rejects(
      discover(transport, 'git-upload-pack', 2, never.signal),
      gitError('UNREACHABLE', true, /^server answered 500 \[2J \*\*\*$/),
    )
    hostile.close()
  })

  const cases: [GitAnswer, GitErrorCode, boolean, RegExp][] = [
    [
      answer(401, 'text/html', '<h1>Sign in</h1>'),
      'UNAUTHORIZED',
      false,
      /: server answered 401 Unauthorized \(asked with the configured credentials\)$/,
    ],
    [
      answer(403, 'text/plain', 'Denied\x1b[31m to you\r\nfor now\n'),
      'UNAUTHORIZED',
      false,
      /403 Denied \[31m to you; for now \(asked with the configured credentials\)$/,
    ],
    [
      answer(403, 'text/plain', `No ${credentials.password}`),
      'UNAUTHORIZED',
      false,
      /403 No \*\*\* \(asked with the configured credentials\)$/,
    ],
    [answer(203, 'text/html', '<h1>Sign in</h1>'), 'UNAUTHORIZED', false, /203/],
    [answer(404, 'text/plain', 'x'.repeat(100_000)), 'REPOSITORY_NOT_FOUND', false, /404 x{500}$/],
    [answer(413, 'text/plain', ''), 'TOO_LARGE', false, /413/],
    [answer(429, 'text/plain', ''), 'UNREACHABLE', true, /429/],
    [answer(500, 'text/plain', ''), 'UNREACHABLE', true, /500/],
    [answer(503, 'text/html', '<h1>Maintenance</h1>'), 'UNREACHABLE', true, /503 Service Unavailable$/],
    [answer(400, 'text/plain', ''), 'INVALID_ANSWER', false, /400/],
    [answer(303, 'text/plain', ''), 'INVALID_ANSWER', false, /303/],
    [answer(200, 'text/html; charset=utf-8', '<h1>Hello</h1>'), 'INVALID_ANSWER', false, /"text\/html"/],
    [answer(200, `text/${credentials.password}`, ''), 'INVALID_ANSWER', false, /"text\/\*\*\*"/],
    [
      answer(200, 'application/x-git-upload-pack-advertisement', 'nonsense'),
      'INVALID_ANSWER',
      false,
      /not the Git protocol$/,
    ],
    [answer(200, 'application/x-git-upload-pack-advertisement', ''), 'INVALID_ANSWER', true, /too early$/],
    [
      answer(200, 'application/x-git-upload-pack-advertisement', '0011ERR no entry'),
      'INVALID_ANSWER',
      true,
      /too early/,
    ],
    [answer(200, 'application/x-git-upload-pack-advertisement', '0010ERR no entry'), 'REJECTED', false, /no entry$/],
  ]
  for (const [given, code, retryable, message] of cases)
    test(`${given.status} ${given.headers['content-type']} ${String(given.body).slice(0, 20)} is ${code}`, async () => {
      scene.server.before = () => given
      await assert.rejects(scene.open().head('main', never), gitError(code, retryable, message))
    })

  test('a message names the repository and never a credential', async () => {
    const withUser = scene.url.replace('://', '://me:hunter2@')
    scene.server.before = () => answer(401, 'text/plain', 'no')
    await assert.rejects(scene.open({ url: `${withUser}?token=hunter2` }).head('main', never), (error: Error) => {
      assert.equal(
        error.message,
        `Cannot fetch "main" of "${scene.url}": server answered 401 no (asked with the configured credentials)`,
      )
      assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /hunter2|s3cret/)
      return true
    })
  })

  test('wrong credentials are refused, and those in the URL are used', async () => {
    const other = await startScene()
    try {
      const server = await startGitServer({ credentials: { username: 'a b', password: 'c/d%' } })
      const { url } = await server.create('fleet', { 'a.yaml': 'a: 1\n' })
      const open = (user: string) => other.open({ url: url.replace('://', `://${user}@`) })
      await assert.rejects(
        open('a%20b:wrong').head('main', never),
        gitError('UNAUTHORIZED', false, /Credentials are needed \(asked with the configured credentials\)$/),
      )
      assert.equal((await open('a%20b:c%2Fd%25').head('main', never)).branch, 'main')
      await server.stop()
    } finally {
      await other.stop()
    }
  })

  test('a connection that is refused or lost is worth another try', async () => {
    await assert.rejects(
      scene.open({ url: 'http://127.0.0.1:1/fleet.git' }).head('main', never),
      gitError('UNREACHABLE', true, /ECONNREFUSED/),
    )
    scene.server.after = (_, given) => ({ ...given, body: given.body.subarray(0, 20), cut: true })
    await assert.rejects(scene.open().head('main', never), gitError('UNREACHABLE', true))
  })

  test('a redirect is followed, and another origin gets no credentials', async () => {
    const elsewhere = await startGitServer()
    const { url } = await elsewhere.create('moved', { 'a.yaml': 'a: moved\n' })
    const target = (to: string) => (request: { path: string; query: string }) => ({
      status: 302,
      headers: { location: `${to}${request.path.replace('/fleet.git', '')}${request.query && `?${request.query}`}` },
      body: Buffer.alloc(0),
    })
    scene.server.before = target(url)
    const repository = scene.open()

    assert.equal(await readRoot(repository, await repository.head('main', never)), 'a: moved\n')
    assert.ok(elsewhere.requests.length >= 3)
    for (const { headers } of elsewhere.requests) assert.equal(headers.authorization, undefined)
    for (const { headers } of scene.server.requests.slice(-3)) assert.ok(headers.authorization)

    elsewhere.before = () => answer(401, 'text/plain', 'who?')
    await assert.rejects(
      scene.open().head('main', never),
      gitError(
        'UNAUTHORIZED',
        false,
        /server answered 401 who\? \(asked anonymously\) after a redirect to "http:\/\/127/,
      ),
    )
    await elsewhere.stop()
    scene.server.before = ({ path }) => ({ status: 307, headers: { location: path }, body: Buffer.alloc(0) })
    await assert.rejects(scene.open().head('main', never), gitError('INVALID_ANSWER', false, /more than 5 times$/))
    scene.server.before = () => ({ status: 302, headers: { location: 'file:///etc/passwd' }, body: Buffer.alloc(0) })
    await assert.rejects(scene.open().head('main', never), gitError('INVALID_ANSWER', false, /not safe to follow$/))
  })

  test('an abort ends a fetch at once, and the next one succeeds', async () => {
    const reached = new Promise<void>((resolve) => {
      scene.server.after = ({ method, body }, given) => {
        if (method === 'GET' || body.includes('ls-refs')) return given
        resolve()
        return { ...given, body: given.body.subarray(0, 30), hang: true }
      }
    })
    await commitFiles(scene.path, 'main', { 'a.yaml': 'a: 5\n' })
    const controller = new AbortController()
    const repository = scene.open()
    const looking = repository.head('main', { signal: controller.signal })
    await reached
    const waiting = repository.head('main', { signal: controller.signal })
    controller.abort(new Error('stopping'))

    await assert.rejects(looking, /^Error: stopping$/)
    await assert.rejects(waiting, /^Error: stopping$/)
    await eventually('the aborted fetch is reported', () => scene.operations.at(-1)?.outcome === 'aborted')
    scene.server.after = (_, given) => given
    assert.equal(await readRoot(repository, await repository.head('main', never)), 'a: 5\n')
  })
})
