import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { converse, discover } from '../../../../src/updaters/git/answer.js'
import { FLUSH } from '../../../../src/updaters/git/packet-lines.js'
import { httpTransport } from '../../../../src/updaters/git/transports/http.js'
import {
  commitFiles,
  type GitAnswer,
  type GitRequest,
  type GitServer,
  readFileAt,
  startGitServer,
} from '../../../parts/git-server.js'
import { details, ENGINES, gitError, never, readRoot, startScene } from '../scene.js'

const redirect = (status: number, location: string): GitAnswer => ({
  status,
  headers: { location },
  body: Buffer.alloc(0),
})

for (const engine of ENGINES)
  describe(`a repository that was renamed, by ${engine}`, () => {
    for (const status of [301, 308])
      test(`is read and pushed to after ${status}`, async (t) => {
        const credentials = { username: 'bot', password: 's3cret' }
        const scene = await startScene({ engine, credentials })
        t.after(() => scene.stop())
        const { server, url } = scene
        server.before = ({ path, query }) =>
          path.startsWith('/old.git/')
            ? redirect(status, `${path.replace('old', 'fleet')}${query && `?${query}`}`)
            : undefined
        const repository = scene.open({ url: url.replace('fleet', 'old') })

        const push = async (text: string) => {
          const change = [{ path: 'a.yaml', bytes: Buffer.from(text) }]
          await repository.push(await repository.commit(await repository.head('main', never), change, details), never)
          assert.equal(String(await readFileAt(scene.path, 'main', 'a.yaml')), text)
        }
        await push('a: 2\n')
        await commitFiles(scene.path, 'main', { 'a.yaml': 'a: 3\n' })
        assert.equal(await readRoot(repository, await repository.head('main', never)), 'a: 3\n')
        await push('a: 4\n')
        const old = server.requests.filter(({ path }) => path.startsWith('/old.git/'))
        assert.deepEqual(
          old.map(({ method }) => method),
          ['GET'],
        )
      })
  })

describe('a place that a redirect named', () => {
  let origin: GitServer
  let other: GitServer
  const told: string[] = []
  beforeEach(async () => {
    told.length = 0
    origin = await startGitServer()
    other = await startGitServer()
    for (const server of [origin, other]) await server.create('fleet', { 'a.yaml': 'a: 1\n' })
  })
  afterEach(() => Promise.all([origin.stop(), other.stop()]))

  const open = () => httpTransport(new URL(`${origin.url}/fleet.git`), { onMove: (url) => told.push(url) })
  const look = (transport: ReturnType<typeof open>) => discover(transport, 'git-upload-pack', 2, never.signal)
  const sendAway = ({ path, query }: GitRequest) => redirect(302, `${other.url}${path}?${query}`)

  test('is told once and asked from then on', async () => {
    origin.before = sendAway
    const transport = open()
    for (let looks = 0; looks < 3; looks++) await look(transport)
    assert.deepEqual([origin.requests.length, other.requests.length], [1, 3])
    assert.deepEqual(told, [`${other.url}/fleet.git`])
  })

  test('is left when it fails, and the configured one is asked again', async () => {
    origin.before = sendAway
    const transport = open()
    await look(transport)
    other.before = () => ({ status: 404, headers: {}, body: Buffer.alloc(0) })
    await assert.rejects(look(transport), gitError('REPOSITORY_NOT_FOUND', false, /after a redirect to "http/))
    origin.before = () => undefined
    await look(transport)
    assert.equal(origin.requests.length, 2)
    assert.equal(other.requests.length, 2)
    origin.before = sendAway
    other.before = () => undefined
    await look(transport)
    assert.deepEqual(told, [`${other.url}/fleet.git`])
  })

  test('is not kept where it is not one of the same repository', async () => {
    origin.before = ({ path }) => (path === '/cdn/answer' ? cached : redirect(302, '/cdn/answer'))
    const transport = open()
    await look(transport)
    await look(transport)
    assert.deepEqual(
      origin.requests.map(({ path }) => path),
      ['/fleet.git/info/refs', '/cdn/answer', '/fleet.git/info/refs', '/cdn/answer'],
    )
    assert.deepEqual(told, [])
  })

  test('does not get a push that was meant for another origin', async () => {
    origin.before = (request) => (request.path.endsWith('receive-pack') ? sendAway(request) : undefined)
    const transport = open()
    await look(transport)
    await assert.rejects(
      converse(transport, 'git-receive-pack', FLUSH, never),
      gitError('INVALID_ANSWER', true, /^server redirects a push to "http:\/\/127/),
    )
    assert.equal(other.requests.length, 0)
  })
})

const cached: GitAnswer = {
  status: 200,
  headers: { 'content-type': 'application/x-git-upload-pack-advertisement' },
  body: Buffer.from('000eversion 2\n0000'),
}
