import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Credential } from '../../../src/watchers/registry/credential.js'
import { dockerConfig } from '../../../src/watchers/registry/docker-config.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'

let folder: string
let path: string

before(async () => {
  folder = await temporaryFolder('docker-config')
  path = join(folder, 'config.json')
})
after(() => removeFolder(folder))

const base64 = (text: string) => Buffer.from(text).toString('base64')
const password = (username: string, password: string): Credential => ({ kind: 'password', username, password })
const AUTH = { auth: base64('ci:a:b') }
const CI = password('ci', 'a:b')

const secret = (key: string, document: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'pull' },
  data: { [key]: base64(JSON.stringify(document)) },
})

describe('finds', () => {
  const CASES: readonly [name: string, document: object, host: string, expected: Credential | undefined][] = [
    ['nothing in an empty file', {}, 'ghcr.io', undefined],
    ['a password with colons', { auths: { 'ghcr.io': AUTH } }, 'ghcr.io', CI],
    ['unpadded base64', { auths: { 'ghcr.io': { auth: base64('ci:a:b').replace(/=+$/, '') } } }, 'ghcr.io', CI],
    ['a password that ends in NUL', { auths: { 'ghcr.io': { auth: base64('ci:a:b\0\0') } } }, 'ghcr.io', CI],
    [
      'user name and password',
      { auths: { 'ghcr.io': { username: 'u', password: 'p' } } },
      'ghcr.io',
      password('u', 'p'),
    ],
    ['auth before both', { auths: { 'ghcr.io': { ...AUTH, username: 'u', password: 'p' } } }, 'ghcr.io', CI],
    ['a key with scheme and path', { auths: { 'https://GHCR.io/v2/': AUTH } }, 'ghcr.io', CI],
    ['Docker Hub', { auths: { 'https://index.docker.io/v1/': AUTH } }, 'docker.io', CI],
    ['the exact key first', { auths: { 'https://ghcr.io': {}, 'ghcr.io': AUTH } }, 'ghcr.io', CI],
    ['no other port', { auths: { 'example.com:5000': AUTH } }, 'example.com', undefined],
    ['no part of a name', { auths: { 'ghcr.io.example.com': AUTH, 'hcr.io': AUTH } }, 'ghcr.io', undefined],
    ['no part of a registry', { auths: { 'quay.io/te': AUTH } }, 'quay.io', undefined],
    ['no inherited key', { auths: {} }, 'constructor', undefined],
    [
      'an identity token',
      { auths: { 'x.io': { auth: base64('0000:'), identitytoken: 'refresh' } } },
      'x.io',
      { kind: 'identity', token: 'refresh', username: '0000', password: '' },
    ],
    [
      'a registry token',
      { auths: { 'x.io': { registrytoken: 'bearer' } } },
      'x.io',
      { kind: 'bearer', token: 'bearer' },
    ],
    ['a helper for another host', { auths: { 'ghcr.io': AUTH }, credHelpers: { 'x.io': 'ecr-login' } }, 'ghcr.io', CI],
    ['an older file', { 'https://ghcr.io': AUTH, 'x.io': { auth: base64('a:b'), email: 'a@x.io' } }, 'ghcr.io', CI],
    ['nothing in settings alone', { HttpHeaders: { auth: 'x' }, detachKeys: 'ctrl-e' }, 'ghcr.io', undefined],
    ['a pull secret', secret('.dockerconfigjson', { auths: { 'ghcr.io': AUTH } }), 'ghcr.io', CI],
    ['an older pull secret', secret('.dockercfg', { 'ghcr.io': AUTH }), 'ghcr.io', CI],
  ]
  for (const [name, document, host, expected] of CASES) {
    it(name, async () => {
      await writeFile(path, JSON.stringify(document))
      assert.deepEqual(await dockerConfig(path).find(host, 'team/app'), { helper: undefined, credential: expected })
    })
  }
})

describe('names the helper to ask first', () => {
  const CASES: readonly [name: string, document: object, helper: string | undefined, fallback: boolean][] = [
    ["the host's own", { credHelpers: { 'x.io': 'ecr-login' }, credsStore: 'pass' }, 'ecr-login', false],
    ['the store', { credHelpers: { 'y.io': 'ecr-login' }, credsStore: 'pass' }, 'pass', false],
    ['the store, before an entry', { auths: { 'x.io': AUTH }, credsStore: 'pass' }, 'pass', true],
    ["the host's own, by another spelling", { credHelpers: { 'https://x.io/v2/': 'gcr' } }, 'gcr', false],
    ['none where its name is empty', { credHelpers: { 'x.io': '' }, credsStore: 'pass' }, undefined, false],
  ]
  for (const [name, document, helper, fallback] of CASES) {
    it(name, async () => {
      await writeFile(path, JSON.stringify(document))
      const credential = fallback ? CI : undefined
      assert.deepEqual(await dockerConfig(path).find('x.io', 'team/app'), { helper, credential })
    })
  }
})

describe('refuses', () => {
  const CASES: readonly [name: string, content: string, message: string][] = [
    [
      'broken JSON without quoting it',
      '{"auths": {"x.io": {"password": "hunter2"}',
      'file is neither JSON nor a pull secret',
    ],
    ['YAML that is no secret', 'auths: { x.io: { password: hunter2 } }', 'file is neither JSON nor a pull secret'],
    ['broken YAML without quoting it', 'kind: Secret\ndata: [hunter2', 'file is neither JSON nor a pull secret'],
    ['another form', '{"auths": {"x.io": {"auth": 1}}}', '"auths.x.io.auth" is not what Docker writes there'],
    [
      'auth without a colon',
      `{"auths": {"x.io": {"auth": "${base64('hunter2')}"}}}`,
      '"auth" is not base64 of user:password',
    ],
    [
      'a secret without JSON',
      '{"kind": "Secret", "data": {".dockercfg": "aHVudGVyMg=="}}',
      '"" is not what Docker writes there',
    ],
    ['a large file', ' '.repeat(1024 * 1024 + 1), 'file is larger than 1 MiB'],
  ]
  for (const [name, content, message] of CASES) {
    it(name, async () => {
      await writeFile(path, content)
      await assert.rejects(dockerConfig(path).find('x.io', 'team/app'), {
        code: 'CREDENTIALS',
        message: `Cannot read credentials of "x.io" from "${path}": ${message}`,
      })
    })
  }

  it('a missing file', async () => {
    await assert.rejects(dockerConfig(join(folder, 'missing')).find('x.io', 'team/app'), {
      code: 'CREDENTIALS',
      message: /ENOENT/,
    })
  })
})

it('finds what a pull secret in YAML has, its base64 in several lines', async () => {
  const [, first, rest] = /^(.{20})(.*)$/.exec(base64(JSON.stringify({ auths: { 'ghcr.io': AUTH } }))) ?? []
  await writeFile(path, `kind: Secret\ndata:\n  .dockerconfigjson: |\n    ${first}\n    ${rest}\n`)
  assert.deepEqual((await dockerConfig(path).find('ghcr.io', 'team/app')).credential, CI)
})

it('reads the file again when it has changed', async () => {
  const config = dockerConfig(path)
  await writeFile(path, JSON.stringify({ auths: { 'x.io': { auth: base64('ci:old') } } }))
  assert.deepEqual((await config.find('x.io', 'a')).credential, password('ci', 'old'))
  await writeFile(path, JSON.stringify({ auths: { 'x.io': { auth: base64('ci:newer') } } }))
  assert.deepEqual((await config.find('x.io', 'a')).credential, password('ci', 'newer'))
})
