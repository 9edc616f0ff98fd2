import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import type { CredentialSource } from '../../../src/watchers/registry/credential-source.js'
import type { RequestRecord } from '../../../src/watchers/registry/http.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import { type RegistryPart, startDockerRegistry } from '../../parts/docker-registry.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { pushImage, pushTags } from '../../parts/image.js'
import { startInProcessRegistry } from '../../parts/in-process-registry.js'
import { startTokenServer, type TokenServer } from '../../parts/token-server.js'

const { signal } = new AbortController()
const CREDENTIALS = { username: 'ci', password: 'pass:word' }

/** A client of registries at plain HTTP, and what it asked in order, such as `tags 401`. */
function clientWith(credentials?: CredentialSource) {
  const asked: string[] = []
  const onRequest = ({ operation, code }: RequestRecord) => asked.push(`${operation} ${code}`)
  const hosts = () => ({ plainHttp: true, credentials })
  return { registry: ociRegistry({ hosts, clock: systemClock, userAgent: 'test', onRequest }), asked }
}

describe('asks a registry that pages', () => {
  let part: RegistryPart
  before(async () => {
    part = await startInProcessRegistry()
  })
  after(() => part.stop())

  it('for every page', async () => {
    const { registry, asked } = clientWith()
    const repository = parseRepository(`${part.host}/team/many`)
    const tags = Array.from({ length: 1_005 }, (_, index) => `1.0.${index}`)
    await pushTags(part, 'team/many', tags)
    const { fingerprint, ...listing } = await registry.listTags(repository, { signal })
    assert.deepEqual(listing, { changed: true, tags: tags.sort() })
    assert.equal((await registry.listTags(repository, { signal, known: fingerprint })).changed, false)
    assert.equal(asked.length, 4)
    await registry.stop()
  })
})

describe('asks a registry with passwords', () => {
  let part: RegistryPart
  let folder: string
  const repository = () => parseRepository(`${part.host}/team/app`)
  before(async () => {
    part = await startDockerRegistry({ auth: { type: 'htpasswd', ...CREDENTIALS } })
    folder = await temporaryFolder('oci')
    await pushImage(part, 'team/app', '1.0.0', { credentials: CREDENTIALS })
  })
  after(async () => {
    await part.stop()
    await removeFolder(folder)
  })

  it('once without the password, and with it from then on', async () => {
    const { registry, asked } = clientWith(CREDENTIALS)
    const { fingerprint: known } = await registry.listTags(repository(), { signal })
    await registry.listTags(repository(), { signal, known })
    assert.deepEqual(asked, ['tags 401', 'tags 200', 'tags 200'])
    await registry.stop()
  })

  it("with a Docker configuration's password", async () => {
    const path = join(folder, 'config.json')
    const auth = Buffer.from(`${CREDENTIALS.username}:${CREDENTIALS.password}`).toString('base64')
    await writeFile(path, JSON.stringify({ auths: { [`http://${part.host}/v2/`]: { auth } } }))
    const { registry } = clientWith({ dockerConfig: path })
    assert.equal((await registry.listTags(repository(), { signal })).changed, true)
    await registry.stop()
  })

  it("with a program's password", async () => {
    const path = join(folder, 'program')
    await writeFile(path, `#!/bin/sh\necho '${JSON.stringify(CREDENTIALS)}'\n`, { mode: 0o755 })
    const { registry, asked } = clientWith({ exec: [path] })
    await registry.listTags(repository(), { signal })
    await registry.listTags(repository(), { signal })
    assert.deepEqual(asked, ['tags 401', 'tags 200', 'tags 200'])
    await registry.stop()
  })

  for (const credentials of [undefined, { ...CREDENTIALS, password: 'wrong' }]) {
    it(`and says that it is refused ${credentials ? 'for a wrong password' : 'without one'}`, async () => {
      const { registry, asked } = clientWith(credentials)
      const refused = {
        code: 'UNAUTHORIZED',
        retryable: false,
        message:
          `Cannot list tags of "${part.host}/team/app": registry answered 401 (authentication required; ` +
          `asked ${credentials ? 'with the configured credentials' : 'anonymously'})`,
      }
      await assert.rejects(registry.listTags(repository(), { signal }), refused)
      await assert.rejects(registry.listTags(repository(), { signal }), refused)
      assert.equal(asked.length, credentials ? 4 : 2)
      await registry.stop()
    })
  }
})

describe('asks a registry with tokens', () => {
  let tokens: TokenServer
  let part: RegistryPart
  before(async () => {
    tokens = await startTokenServer({ users: { [CREDENTIALS.username]: CREDENTIALS.password }, open: ['team/open'] })
    part = await startDockerRegistry({ auth: tokens.auth })
    for (const path of ['team/app', 'team/open']) await pushImage(part, path, '1.0.0', { credentials: CREDENTIALS })
  })
  after(async () => {
    await part.stop()
    await tokens.stop()
  })

  it('with one token for all calls about a repository', async () => {
    const { registry, asked } = clientWith(CREDENTIALS)
    const repository = parseRepository(`${part.host}/team/app`)
    const { fingerprint: known } = await registry.listTags(repository, { signal })
    await registry.listTags(repository, { signal, known })
    assert.notEqual(await registry.resolveDigest(repository, '1.0.0', { signal }), undefined)
    assert.deepEqual(asked, ['tags 401', 'token 200', 'tags 200', 'tags 200', 'manifest 200'])
    assert.equal(tokens.requests.at(-1)?.username, CREDENTIALS.username)
    assert.deepEqual(Object.fromEntries(tokens.requests.at(-1)?.query ?? []), {
      service: tokens.auth.service,
      scope: 'repository:team/app:pull',
    })
    await registry.stop()
  })

  it('with an anonymous token where there are no credentials', async () => {
    const { registry } = clientWith()
    assert.equal((await registry.listTags(parseRepository(`${part.host}/team/open`), { signal })).changed, true)
    assert.equal(tokens.requests.at(-1)?.username, undefined)
    await assert.rejects(registry.listTags(parseRepository(`${part.host}/team/app`), { signal }), {
      code: 'UNAUTHORIZED',
    })
    await registry.stop()
  })

  it('and says that the token server refuses a wrong password', async () => {
    const { registry } = clientWith({ ...CREDENTIALS, password: 'mistaken' })
    await assert.rejects(registry.listTags(parseRepository(`${part.host}/team/app`), { signal }), {
      code: 'UNAUTHORIZED',
      message:
        `Cannot get a token of "${part.host}" for "repository:team/app:pull": ` +
        `token server "${tokens.auth.realm}" answered 401 (wrong password; asked with the configured credentials)`,
    })
    await registry.stop()
  })
})
