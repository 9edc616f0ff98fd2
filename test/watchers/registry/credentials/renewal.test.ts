import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { parseRepository } from '../../../../src/image/repository.js'
import type { CredentialSource } from '../../../../src/watchers/registry/credential-source.js'
import { ociRegistry } from '../../../../src/watchers/registry/oci.js'
import type { Registry } from '../../../../src/watchers/registry/registry.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { type ManualClock, manualClock } from '../../../parts/manual-clock.js'
import { json, type OddAnswer, type OddServer, startOddServer } from '../odd-server.js'

const { signal } = new AbortController()
const MINUTE = 60_000
const basic = (password: string) => `Basic ${Buffer.from(`ci:${password}`).toString('base64')}`

let folder: string
let clock: ManualClock
let registry: Registry
let servers: OddServer[]

beforeEach(async () => {
  folder = await temporaryFolder('renewal')
  clock = manualClock()
  servers = []
})
afterEach(async () => {
  await registry.stop()
  await Promise.all(servers.map((server) => server.stop()))
  await removeFolder(folder)
})

async function serve(answer: OddAnswer): Promise<OddServer> {
  const server = await startOddServer(answer)
  servers.push(server)
  return server
}

/** A program that counts how often it is run and prints the password of its file. */
async function passwordProgram(): Promise<CredentialSource> {
  const path = join(folder, 'program')
  const print = `printf '{"username":"ci","password":"%s"}' "$(cat ${folder}/password)"`
  await writeFile(path, `#!/bin/sh\necho run >> ${folder}/runs\n[ -f ${folder}/password ] || exit 1\n${print}\n`)
  await chmod(path, 0o755)
  return { exec: [path] }
}

const setPassword = (password: string) => writeFile(join(folder, 'password'), password)
const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).split('\n').length - 1

function lister(server: OddServer, credentials: CredentialSource) {
  registry = ociRegistry({ hosts: () => ({ plainHttp: true, credentials }), clock, userAgent: 'test' })
  return (path = 'team/app') => registry.listTags(parseRepository(`${server.host}/${path}`), { signal })
}

describe('a registry with passwords', () => {
  /** Answers the expired password in its own way, and everybody else by the specification. */
  const guarded = (accepted: () => string, refuse: OddAnswer) =>
    serve((request, response, message) => {
      if (request.authorization === basic(accepted())) return json(response, { tags: ['a'] })
      if (request.authorization === undefined)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
      refuse(request, response, message)
    })

  const REFUSALS: readonly [name: string, refuse: OddAnswer][] = [
    ['401', (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()],
    // flipt-io/flipt#3043
    [
      "ECR's 403",
      (_, response) =>
        response
          .writeHead(403)
          .end(
            '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}',
          ),
    ],
    // dependabot/proxy#157
    [
      "public ECR's 400",
      (_, response) =>
        response.writeHead(400).end('{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}'),
    ],
  ]
  for (const [name, refuse] of REFUSALS) {
    it(`that refuses by ${name} is shown a new one`, async () => {
      const server = await guarded(() => accepted, refuse)
      let accepted = 'old'
      await setPassword('old')
      const list = lister(server, await passwordProgram())
      await list()
      await clock.advance(MINUTE)
      accepted = 'new'
      await setPassword('new')
      assert.equal((await list()).changed, true)
      assert.equal(await runs(), 2)
    })
  }

  it('is told of a password once where there is no other', async () => {
    const server = await guarded(
      () => 'right',
      (_, response) => response.writeHead(401).end(),
    )
    await setPassword('wrong')
    const list = lister(server, await passwordProgram())
    for (let at = 0; at < 5; at++) await assert.rejects(list(), { code: 'UNAUTHORIZED' })
    assert.equal(await runs(), 1)
    assert.equal(server.requests.length, 5 * 2)
  })

  it('that forbids is believed', async () => {
    const server = await guarded(
      () => 'right',
      (_, response) => response.writeHead(403).end('{"errors":[]}'),
    )
    await setPassword('wrong')
    const list = lister(server, await passwordProgram())
    await assert.rejects(list(), { code: 'UNAUTHORIZED' })
    await clock.advance(MINUTE)
    await assert.rejects(list(), { code: 'UNAUTHORIZED' })
    assert.equal(await runs(), 1)
  })

  it('is not asked while there is no credential', async () => {
    const server = await guarded(
      () => 'right',
      (_, response) => response.writeHead(401).end(),
    )
    const list = lister(server, await passwordProgram())
    const failure = { code: 'CREDENTIALS', message: /^Cannot get credentials of "127\.0\.0\.1:\d+": ".+" ended with 1/ }
    await Promise.all(Array.from({ length: 20 }, () => assert.rejects(list(), failure)))
    await assert.rejects(list(), failure)
    assert.deepEqual([await runs(), server.requests.length], [1, 0])
    await setPassword('right')
    await clock.advance(10_000)
    assert.equal((await list()).changed, true)
  })
})

it('a token server that refuses is shown a new password', async () => {
  let accepted = 'old'
  const tokens = await serve(({ authorization }, response) => {
    if (authorization === basic(accepted)) json(response, { token: accepted })
    else response.writeHead(401).end()
  })
  const server = await serve(({ authorization }, response) => {
    if (authorization === `Bearer ${accepted}`) return json(response, { tags: ['a'] })
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}",service="s"` }).end()
  })
  await setPassword('old')
  const list = lister(server, await passwordProgram())
  await list()
  await clock.advance(MINUTE)
  accepted = 'new'
  await setPassword('new')
  assert.equal((await list('team/other')).changed, true)
  assert.equal(await runs(), 2)
})

describe('a Docker configuration', () => {
  const { PATH } = process.env
  beforeEach(() => {
    process.env.PATH = `${folder}${delimiter}${PATH}`
  })
  afterEach(() => {
    process.env.PATH = PATH
  })
  const write = async (document: object): Promise<CredentialSource> => {
    const path = join(folder, 'config.json')
    await writeFile(path, JSON.stringify(document))
    return { dockerConfig: path }
  }
  const helper = async (script: string) => {
    const path = join(folder, 'docker-credential-test')
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
  }
  const echo = () =>
    serve(({ authorization }, response) => {
      if (authorization !== undefined) return json(response, { tags: ['a'] })
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
    })
  const shown = ({ requests }: OddServer) => requests.at(-1)?.authorization
  const auth = Buffer.from('ci:file').toString('base64')

  it('has its store asked before its own entries', async () => {
    const server = await echo()
    await helper('printf \'{"Username":"ci","Secret":"store"}\'')
    await lister(server, await write({ auths: { [server.host]: { auth } }, credsStore: 'test' }))()
    assert.equal(shown(server), basic('store'))
  })

  it('has its own entry where the helper has none', async () => {
    const server = await echo()
    await helper('echo credentials not found in native keychain; exit 1')
    await lister(server, await write({ auths: { [server.host]: { auth } }, credHelpers: { [server.host]: 'test' } }))()
    assert.equal(shown(server), basic('file'))
  })

  it('is not used for the rest of a registry where it has a part', async () => {
    const server = await echo()
    const list = lister(server, await write({ auths: { [`${server.host}/team`]: { auth } } }))
    await list('team/app')
    assert.equal(shown(server), basic('file'))
    await assert.rejects(list('teamster/app'), { code: 'UNAUTHORIZED' })
    assert.equal(shown(server), undefined)
  })
})
