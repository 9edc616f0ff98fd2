import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { git } from '../parts/git-server.js'
import { pushArtifact, pushImage } from '../parts/image.js'
import { payloadLayer, payloadOf, signingKey } from '../parts/signing.js'
import { tidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const key = signingKey()
let stage: Stage
let fleet: Fleet

before(async () => {
  stage = await setStage()
  const image = stage.image('team/app')
  const keys = join(stage.folder, 'cosign.pub')
  await writeFile(keys, key.pem)
  const signed = { digest: 'pin', require: { signature: { cosign: keys } } }
  fleet = await stage.fleet(
    'fleet',
    { 'a.yaml': `image: ${image}:1.0.0\n` },
    { app: policy(image, '1.x', { ...signed, fallback: true }), waits: policy(image, '1.x', { ...signed, write: [] }) },
  )
})
after(() => stage.stop())

const run = (...args: string[]) => tidemark([...args, '--config', fleet.config])
const push = async (tag: string) => (await pushImage(stage.registry, 'team/app', tag)).digest
const sign = (digest: string) => {
  const payload = payloadOf(digest)
  const layers = [payloadLayer(payload, key.sign(payload))]
  return pushArtifact(stage.registry, 'team/app', { layers }, `${digest.replace(':', '-')}.sig`)
}
const written = async () =>
  (await git(fleet.path, ['show', 'main:a.yaml'])).toString().split(':').slice(3).join(':').trim()

describe('a policy that demands a signature', () => {
  it('writes what is signed, and says of the rest that it is not', async () => {
    const signed = await push('1.1.0')
    await sign(signed)
    const unsigned = await push('1.2.0')
    const { stdout, code } = await run('sync')
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}a\.yaml:1: app 1\.0\.0 → 1\.1\.0@sha256/m)
    assert.equal(await written(), `1.1.0@${signed}`)

    const why = await run('explain', '--tag', '1.2.0')
    assert.equal(
      why.stdout,
      'app: 1.2.0 is rejected: no signature found\n' +
        'waits: 1.2.0 is selected: highest version in "1.x"; waits: no signature found\n',
    )
    await sign(unsigned)
    await run('sync')
    assert.equal(await written(), `1.2.0@${unsigned}`)
  })

  it('takes no signature of another key', async () => {
    const digest = await push('1.3.0')
    const payload = payloadOf(digest)
    const layers = [payloadLayer(payload, signingKey().sign(payload))]
    await pushArtifact(stage.registry, 'team/app', { layers }, `${digest.replace(':', '-')}.sig`)
    const why = await run('explain', 'app', '--tag', '1.3.0')
    assert.equal(why.stdout, 'app: 1.3.0 is rejected: signed by another key\n')
  })
})
