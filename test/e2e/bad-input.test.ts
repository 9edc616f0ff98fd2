import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readFileAt, startGitServer } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { freePort } from '../parts/process.js'
import { type Finished, tidemark, writePolicyFile } from '../parts/tidemark.js'
import { policy, type Stage, setStage } from './stage.js'

let stage: Stage
let odd: Server
let oddHost = ''

before(async () => {
  stage = await setStage()
  await pushTags(stage.registry, 'good/app', ['1.0.0', '1.1.0'])
  odd = createServer((request, response) => {
    if (request.url?.startsWith('/v2/html/')) return response.end('<html>Welcome to our portal</html>')
    if (request.url?.startsWith('/v2/refused/')) return response.writeHead(403).end('{"errors":[{"code":"DENIED"}]}')
    if (request.url?.startsWith('/v2/huge/')) return hugeList(response)
    return response.writeHead(404).end('404 page not found')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => odd.once('listening', resolve))
  oddHost = `127.0.0.1:${(odd.address() as AddressInfo).port}`
})
after(async () => {
  odd.close()
  odd.closeAllConnections()
  await stage.stop()
})

/** 50 MB of tags. */
function hugeList(response: ServerResponse): void {
  response.write('{"name":"huge/app","tags":["0.0.0"')
  const chunk = Array.from({ length: 10_000 }, (_, number) => `,"1.0.${number}-${'x'.repeat(90)}"`).join('')
  for (let sent = 0; sent < 50 * 1024 * 1024 && !response.destroyed; sent += chunk.length) response.write(chunk)
  response.end(']}')
}

// The tests have an image and a fleet each, and mostly wait for programs to start.
const SIDE_BY_SIDE = { concurrency: 4 }

let number = 0

/** Syncs a policy that is well beside one that is not, and returns the failures. The good one must be written all the same. */
async function failuresBeside(bad: (image: string) => object, more: object = {}): Promise<readonly Failure[]> {
  const image = stage.image('good/app')
  const name = `bad-${number++}`
  const fleet = await stage.fleet(
    name,
    { 'good.yaml': `image: ${image}:1.0.0\n` },
    { good: policy(image, '1.x'), ...bad(image) },
    more,
  )
  const synced = await tidemark(['sync', '--output', 'json', '--config', fleet.config])
  assertPlain(synced)
  assert.equal(synced.code, 1)
  assert.equal((await readFileAt(fleet.path, 'main', 'good.yaml')).toString(), `image: ${image}:1.1.0\n`)
  return JSON.parse(synced.stdout).failures
}

interface Failure {
  readonly policy?: string
  readonly git?: string
  readonly reason: string
}

/** No stack trace, whatever happened. */
function assertPlain({ stderr, stdout }: Finished): void {
  assert.doesNotMatch(stderr + stdout, /\n\s+at .*:\d+:\d+|node:internal|\.js:\d+/)
}

describe('a registry that fails', SIDE_BY_SIDE, () => {
  const cases: readonly (readonly [string, () => string | Promise<string>, RegExp])[] = [
    [
      'is not there',
      async () => `127.0.0.1:${await freePort()}/team/app`,
      /^Cannot list tags of "127\.0\.0\.1:\d+\/team\/app": .*ECONNREFUSED/,
    ],
    ['does not know the repository', () => stage.image('no/such'), /^Cannot list tags of ".*\/no\/such": /],
    ['answers HTML', () => `${oddHost}/html/app`, /^Cannot list tags of ".*\/html\/app": /],
    ['refuses', () => `${oddHost}/refused/app`, /^Cannot list tags of ".*\/refused\/app": .*403/],
    [
      'has a list of 50 MB',
      () => `${oddHost}/huge/app`,
      /^Cannot list tags of ".*\/huge\/app": .*(larger|more than|bytes|MiB)/,
    ],
  ]
  for (const [what, image, reason] of cases) {
    it(`${what}: said where and what, and the other policies go on`, async () => {
      const bad = policy(await image(), '1.x')
      const failures = await failuresBeside(() => ({ bad }))
      assert.equal(failures.length, 1)
      assert.equal(failures[0]?.policy, 'bad')
      assert.match(failures[0]?.reason ?? '', reason)
    })
  }
})

describe('a Git server that fails', SIDE_BY_SIDE, () => {
  const cases: readonly (readonly [string, () => Promise<object>, RegExp])[] = [
    [
      'is not there',
      async () => ({ url: `http://127.0.0.1:${await freePort()}/x.git` }),
      /http:\/\/127\.0\.0\.1:\d+\/x\.git/,
    ],
    ['does not know the repository', async () => ({ url: `${stage.git.url}/none.git` }), /none\.git/],
    [
      'has no such branch',
      async () => ({ url: (await stage.git.create('branchless', { a: 'b' })).url, branch: 'release' }),
      /"release".*branchless\.git/,
    ],
    [
      'has an empty repository',
      async () => ({ url: (await stage.git.create('empty')).url }),
      /empty\.git": repository has no branch/,
    ],
    ['has no repository at the path', async () => ({ url: join(stage.folder, 'nowhere.git') }), /nowhere\.git/],
    ['answers HTML', async () => ({ url: `http://${oddHost}/v2/html/` }), /\/v2\/html/],
  ]
  for (const [what, git, reason] of cases) {
    it(`${what}: said where and what, and the other repositories go on`, async () => {
      const image = stage.image('good/app')
      const good = await stage.git.create(`good-${number++}`, { 'good.yaml': `image: ${image}:1.0.0\n` })
      const other = await git()
      const { config } = await stage.fleet(
        `git-${number++}`,
        {},
        {
          good: policy(image, '1.x', { write: [{ git: 'good' }] }),
          bad: policy(image, '1.x', { write: [{ git: 'bad' }] }),
        },
        { git: { good: { url: good.url }, bad: other } },
      )
      const synced = await tidemark(['sync', '--output', 'json', '--config', config])
      assertPlain(synced)
      assert.equal(synced.code, 1)
      const { failures } = JSON.parse(synced.stdout)
      assert.equal(failures.length, 1)
      assert.equal(failures[0].git, 'bad')
      assert.match(failures[0].reason, reason)
      assert.equal((await readFileAt(good.path, 'main', 'good.yaml')).toString(), `image: ${image}:1.1.0\n`)

      const explained = await tidemark(['explain', 'bad', '--config', config])
      assert.equal(explained.code, 1)
      assert.match(explained.stdout, reason)
    })
  }
})

describe('credentials that are refused', () => {
  it('are told and never shown', async (test) => {
    const password = 'hunter2-very-secret'
    const guarded = await startGitServer({ credentials: { username: 'bot', password: 'right' } })
    test.after(() => guarded.stop())
    const { url } = await guarded.create('guarded', { a: 'b' })
    const image = stage.image('good/app')
    const { config } = await stage.fleet(
      'refused',
      {},
      { app: policy(image, '1.x') },
      {
        git: { fleet: { url, credentials: { username: 'bot', password } } },
      },
    )
    const synced = await tidemark(['sync', '--verbose', '--output', 'json', '--config', config])
    assertPlain(synced)
    assert.equal(synced.code, 1)
    assert.match(JSON.parse(synced.stdout).failures[0].reason, /guarded\.git": server answered 401 /)
    assert.ok(!(synced.stdout + synced.stderr).includes(password))
  })
})

describe('a manifest that is no YAML', () => {
  it('is left alone, and the others are written', async () => {
    const image = stage.image('good/app')
    const broken = `image: ${image}:1.0.0\n  - {{ broken\n\t: [\n`
    const { config, path } = await stage.fleet(
      'broken',
      { 'good.yaml': `image: ${image}:1.0.0\n`, 'broken.yaml': broken },
      { app: policy(image, '1.x') },
    )
    const synced = await tidemark(['sync', '--config', config])
    assertPlain(synced)
    assert.equal(synced.code, 0)
    assert.equal((await readFileAt(path, 'main', 'good.yaml')).toString(), `image: ${image}:1.1.0\n`)
    assert.equal((await readFileAt(path, 'main', 'broken.yaml')).toString(), broken)
  })
})

describe('a policy file or command line that is wrong', SIDE_BY_SIDE, () => {
  const image = 'registry.example.com/team/app'
  const files: readonly (readonly [string, string, RegExp])[] = [
    ['is no YAML', 'policies: [', /tidemark\.yaml:\d+:\d+: /],
    [
      'has an unknown key',
      `policies: { app: { image: ${image}, intervall: 5m, select: { semver: 1.x } } }`,
      /policies\.app\.intervall: .*"interval"/,
    ],
    [
      'has a bad range',
      `policies: { app: { image: ${image}, select: { semver: ">=x1" } } }`,
      /tidemark\.yaml:1:\d+: policies\.app\.select\.semver: /,
    ],
    [
      'wants a variable that is not set',
      `policies: { app: { image: "\${NO_SUCH_VARIABLE}", select: { semver: 1.x } } }`,
      /NO_SUCH_VARIABLE/,
    ],
    [
      'writes to an unknown repository',
      `policies: { app: { image: ${image}, select: { semver: 1.x }, write: [{ git: flet }] } }`,
      /policies\.app\.write\[0\]\.git: .*"flet"/,
    ],
  ]
  const refuses = async (command: string, content: string, message: RegExp) => {
    const config = await writePolicyFile(await mkdtemp(join(stage.folder, 'wrong-')), content)
    const { code, stdout, stderr } = await tidemark([command, '--config', config])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, message)
    assertPlain({ code, stdout, stderr })
  }
  for (const [what, content, message] of files) {
    it(`${what}: exit 2, with line and column`, () => refuses('validate', content, message))
  }
  for (const command of ['sync', 'plan', 'explain', 'run']) {
    it(`${command} refuses it like validate`, () => refuses(command, 'policies: [', /tidemark\.yaml:\d+:\d+: /))
  }

  const lines: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^tidemark: Cannot run: name a command, one of run, sync, plan, explain, validate, hold, release\n$/],
    [['synk'], /Cannot run "synk"/],
    [['sync', '--config', 'no-such-file.yaml'], /no-such-file\.yaml/],
    [['run', '--role', 'chief'], /--role chief/],
    [['run', '--port', '99999'], /--port 99999/],
    [['sync', '--output', 'xml'], /xml/],
  ]
  for (const [args, message] of lines) {
    it(`tidemark ${args.join(' ')}: exit 2`, async () => {
      const finished = await tidemark(args, { cwd: stage.folder })
      assert.equal(finished.code, 2)
      assert.match(finished.stderr, message)
      assertPlain(finished)
    })
  }

  it('explain of a policy that does not exist: exit 2', async () => {
    const { config } = await stage.fleet('unknown-policy', {}, { app: policy(stage.image('good/app'), '1.x') })
    const { code, stderr } = await tidemark(['explain', 'apq', '--config', config])
    assert.equal(code, 2)
    assert.equal(stderr, 'tidemark: Cannot explain "apq": there is no such policy, did you mean "app"?\n')
  })
})
