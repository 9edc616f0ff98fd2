import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { NEW } from '../judging.js'
import { appPolicy, type BranchScene, type BranchSceneOptions, IMAGE, reference, startBranch } from './branch-scene.js'

let scene: BranchScene

async function begin(options: Partial<BranchSceneOptions> = {}): Promise<BranchScene> {
  scene = await startBranch({ files: { 'a.yaml': reference('1.0.0') }, ...options })
  return scene
}

afterEach(() => scene.stop())

describe('a tag is written that', () => {
  it('is released by an empty commit, until it is taken back again', async () => {
    const { person, update, held } = await begin()
    await update('1.1.0')
    await person.revert()
    await held('HEAD')
    await person.edit({}, 'Fixed elsewhere\n\nTidemark-Release: app 1.1.0')
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
    await person.revert()
    await held('HEAD')
  })

  it('a person wrote back', async () => {
    const { person, update, held } = await begin()
    await update('1.1.0')
    await person.revert()
    await held('HEAD')
    await person.revert()
    assert.deepEqual((await update('1.1.0')).places, ['a.yaml current: has 1.1.0'])
    await person.revert()
    await held('HEAD')
  })

  it('comes to a new file with an old tag, beside one where it was taken back', async () => {
    const { person, update } = await begin()
    await update('1.1.0')
    await person.edit({ 'a.yaml': reference('1.0.0'), 'b.yaml': reference('1.0.0') })
    assert.deepEqual((await update('1.1.0')).files, ['b.yaml'])
    assert.equal(await person.read('a.yaml'), reference('1.0.0'))
  })

  it('comes to a file that was deleted, and is there again with an old tag', async () => {
    const { person, update } = await begin()
    await update('1.1.0')
    await person.git('rm', '-q', 'a.yaml')
    await person.edit({ 'b.yaml': 'x: 1\n' })
    await person.edit({ 'a.yaml': reference('1.0.0') })
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
  })

  it('we had moved down from by ourselves, whoever went on down from there', async () => {
    const { person, update } = await begin({ policies: [appPolicy({ downgrade: 'allow' })] })
    await update('1.1.0')
    await update('1.0.5')
    await person.edit({ 'a.yaml': reference('1.0.0') })
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
  })

  it('Tidemark itself had moved away from', async () => {
    const { update } = await begin({ policies: [appPolicy({ downgrade: 'allow' })] })
    await update('1.1.0')
    assert.deepEqual((await update('1.0.5')).files, ['a.yaml'])
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
  })

  it('was written without its digest, which the policy wants now', async () => {
    const { update, restart } = await begin()
    await update('1.1.0', NEW)
    await restart([appPolicy({ digest: 'pin' })])
    assert.deepEqual((await update('1.1.0', NEW)).files, ['a.yaml'])
  })

  it('a message claims to have been written where it was not', async () => {
    const { person, update } = await begin()
    const trailer = `Tidemark-Update: app ${IMAGE} 1.0.0 -> 1.1.0`
    await person.commit({}, trailer)
    await person.edit({}, `Tell of the file, too\n\nb.yaml: ${IMAGE} 1.0.0 → 1.1.0\n\n${trailer}`)
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
  })

  it('was written longer before the newest commit than is looked back', async () => {
    const { person, update, later, held } = await begin()
    await update('1.1.0')
    await person.revert()
    later(91)
    await held('HEAD')
    await person.edit({ 'b.yaml': reference('1.0.0') })
    assert.deepEqual((await update('1.1.0')).files, ['b.yaml'])
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
  })

  it('another policy had written to the same file', async () => {
    const line = (tag: string, name: string) => `- image: ${IMAGE}:${tag} # tidemark: ${name}\n`
    const policies = [appPolicy(), appPolicy({ name: 'canary' })]
    const { person, update } = await begin({ files: { 'a.yaml': line('1.0.0', 'canary') }, policies })
    await update('1.1.0')
    await person.edit({ 'a.yaml': line('1.1.0', 'canary') + line('1.0.0', 'app') })
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
  })

  it('stands there without its digest, since a person wrote the tag back', async () => {
    const { person, update } = await begin({ policies: [appPolicy({ digest: 'pin' })] })
    await update('1.1.0', NEW)
    await person.revert()
    await person.edit({ 'a.yaml': reference('1.1.0') })
    assert.deepEqual((await update('1.1.0', NEW)).files, ['a.yaml'])
  })

  it('is released by whoever has gone back beyond it', async () => {
    const { person, update } = await begin()
    await update('1.5.0')
    await update('1.6.0')
    await person.edit({ 'a.yaml': reference('1.4.0') })
    await person.edit({}, 'Try again\n\ntidemark-release:  app  1.5.0')
    assert.deepEqual((await update('1.5.0')).files, ['a.yaml'])
  })
})
