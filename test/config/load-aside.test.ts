import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import type * as LoadAside from '../../src/config/load-aside.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { writePolicyFile } from '../parts/tidemark.js'

// Only what is compiled can be a thread's: `npm test` builds it first.
const BUILT = new URL('../../dist/config/load-aside.js', import.meta.url)
const { loadAside }: typeof LoadAside = await import(BUILT.href)

describe('loading aside', () => {
  let folder = ''
  before(async () => {
    folder = await temporaryFolder('aside')
  })
  after(() => removeFolder(folder))

  it('gives what loading gives, frozen, and without prototypes where names are looked up', async () => {
    const file = await writePolicyFile(
      folder,
      `policies: { app: { image: alpine, select: { semver: "\${RANGE}" }, write: [{ git: fleet }] } }
git: { fleet: { url: "https://git.example.com/fleet.git", credentials: { token: made-up } } }
registries: { ghcr.io: { credentials: { username: a, password: b } } }`,
    )
    const env = { RANGE: '1.x' }
    const aside = await loadAside([file], { env })
    assert.deepEqual(
      JSON.parse(JSON.stringify(aside)),
      JSON.parse(JSON.stringify(await loadConfiguration([file], { env }))),
    )
    assert.ok(Object.isFrozen(aside) && Object.isFrozen(aside.policies[0]?.write))
    for (const byName of [aside.registries, aside.git, aside.webhooks]) assert.equal(byName.constructor, undefined)
  })

  it('throws every fault', async () => {
    const file = await writePolicyFile(folder, 'policies: { app: { image: alpine, selct: 1 } }')
    const direct = await loadConfiguration([file], { env: {} }).catch((error) => error)
    const aside = await loadAside([file], { env: {} }).catch((error) => error)
    assert.deepEqual(
      [aside.name, aside.code, aside.message, aside.faults],
      [direct.name, direct.code, direct.message, direct.faults],
    )
    assert.ok(aside.faults.length > 1)
  })

  it('throws where there is no file', async () => {
    const error = await loadAside([join(folder, 'none.yaml')], { env: {} }).catch((thrown) => thrown)
    assert.equal(error.code, 'UNREADABLE')
  })
})
