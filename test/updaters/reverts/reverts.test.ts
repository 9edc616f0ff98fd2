import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { ENGINES } from '../git/scene.js'
import { NEW, OLD } from '../judging.js'
import { appPolicy, type BranchScene, type BranchSceneOptions, IMAGE, reference, startBranch } from './branch-scene.js'

let scene: BranchScene

async function begin(options: Partial<BranchSceneOptions> = {}): Promise<BranchScene> {
  scene = await startBranch({ files: { 'a.yaml': reference('1.0.0') }, ...options })
  return scene
}

afterEach(() => scene.stop())

for (const engine of ENGINES) {
  describe(`a tag that was taken back, read by ${engine}`, () => {
    const file = 'apps/web/a.yaml'

    it('is not written again, and a newer one is', async () => {
      const { person, update, held } = await begin({ engine, files: { [file]: reference('1.0.0') } })
      assert.deepEqual((await update('1.1.0')).files, [file])
      await person.git('revert', '--no-edit', 'HEAD')
      await person.push()
      for (let look = 0; look < 3; look++) await held('HEAD', { file })
      await person.commit({ other: 'x' })
      await person.push()
      await held('HEAD~1', { file })
      assert.deepEqual((await update('1.2.0')).files, [file])
      assert.equal(await person.read(file), reference('1.2.0'))
    })

    it('is known after the loss of all state', async () => {
      const { person, update, restart, held } = await begin({ engine, files: { [file]: reference('1.0.0') } })
      await update('1.1.0')
      await person.commit({ [file]: reference('1.0.5') })
      await person.push()
      await restart()
      await held('HEAD', { file })
    })
  })
}

describe('a tag is held that', () => {
  it('an edit within a merge took back', async () => {
    const { person, update, held } = await begin()
    await person.git('branch', 'work')
    await update('1.1.0')
    await person.git('checkout', '-q', 'work')
    await person.commit({ other: 'x' })
    await person.git('checkout', '-q', 'main')
    await person.git('merge', '-q', '--no-commit', '--no-ff', 'work')
    await person.edit({ 'a.yaml': reference('1.0.0') }, 'Merge work')
    await held('main')
  })

  it('came by a merge, which was reverted', async () => {
    const { person, update, held } = await begin()
    await update('1.1.0')
    await person.git('branch', 'update')
    await person.git('reset', '-q', '--hard', 'HEAD~1')
    await person.commit({ other: 'x' })
    await person.git('merge', '-q', '--no-ff', '-m', 'Merge the update', 'update')
    await person.git('revert', '--no-edit', '-m', '1', 'HEAD')
    await person.push('--force')
    await held('main')
  })

  it('came by a squash, and was taken back later', async () => {
    const { person, update, held } = await begin()
    await update('1.1.0')
    await person.git('branch', 'update')
    await person.git('reset', '-q', '--hard', 'HEAD~1')
    await person.git('merge', '-q', '--squash', 'update')
    await person.git('commit', '-q', '--no-edit')
    await person.push('--force')
    assert.deepEqual((await update('1.1.0')).places, ['a.yaml current: has 1.1.0'])
    await person.revert()
    await held('main')
  })

  it('came from a branch of its own', async () => {
    const { person, update, held } = await begin({ pushTo: 'tidemark' })
    await update('1.1.0')
    await person.commit({ other: 'x' })
    await person.git('merge', '-q', '--no-ff', '-m', 'Merge the update', 'origin/tidemark')
    await person.push()
    assert.deepEqual((await update('1.1.0')).places, ['a.yaml current: has 1.1.0'])
    await person.edit({ 'a.yaml': reference('1.0.0') })
    await held('HEAD')
    await update('1.2.0')
    assert.match(await person.git('show', 'origin/tidemark:a.yaml'), /:1\.2\.0$/)
  })

  it('was taken back at one of two places', async () => {
    const both = reference('1.0.0').repeat(2)
    const { person, update, held } = await begin({ files: { 'a.yaml': both, 'b.yaml': both } })
    await update('1.1.0')
    await person.edit({ 'a.yaml': reference('1.1.0') + reference('1.0.0') })
    await held('HEAD')
  })

  it('another name of the policy had written', async () => {
    const { person, update, restart, held } = await begin({ policies: [appPolicy({ name: 'before' })] })
    await update('1.1.0')
    await person.revert()
    await restart([appPolicy()])
    await held('HEAD')
  })

  it('was taken back before nobody did anything for long', async () => {
    const { person, update, held, later, restart } = await begin()
    await update('1.1.0')
    await person.revert()
    later(4_000)
    await restart()
    await held('HEAD')
  })

  it('was written long before somebody takes it back', async () => {
    const { person, update, later, held, restart } = await begin()
    await update('1.1.0')
    later(100)
    await person.edit({ 'b.yaml': reference('1.0.0') })
    assert.deepEqual((await update('1.1.0')).files, ['b.yaml'])
    await person.edit({ 'a.yaml': reference('1.0.0'), 'c.yaml': reference('1.0.0') })
    assert.deepEqual((await update('1.1.0')).files, ['c.yaml'])
    for (let look = 0; look < 2; look++) {
      await held('HEAD~1')
      await restart()
    }
  })

  it('a person went back beyond, once what came after it is not selected any more', async () => {
    const { person, update, held } = await begin()
    for (const tag of ['1.5.0', '1.6.0', '1.7.0']) await update(tag)
    await person.edit({ 'a.yaml': reference('1.4.0') })
    for (const tag of ['1.7.0', '1.6.0', '1.5.0']) await held('HEAD', { tag })
  })

  it('git reverted in a file that was moved after it was written', async () => {
    const content = `${reference('1.0.0')}${'# a comment\n'.repeat(20)}`
    const { person, update, held } = await begin({ files: { 'a.yaml': content } })
    await update('1.1.0')
    const writing = await person.git('rev-parse', 'HEAD')
    await person.git('mv', 'a.yaml', 'b.yaml')
    await person.commit({ other: 'x' }, 'Move')
    await person.git('revert', '--no-edit', writing)
    await person.push()
    assert.equal(await person.read('b.yaml'), content)
    await held('HEAD', { file: 'b.yaml' })
  })

  it('somebody put another one for within our commit', async () => {
    const { person, update, held } = await begin()
    await update('1.1.0')
    const message = await person.git('log', '-1', '--format=%B')
    await person.git('reset', '-q', '--soft', 'HEAD~1')
    await person.commit({ 'a.yaml': reference('1.0.5') }, message)
    await person.git('commit', '-q', '--amend', '--no-edit', '--author', 'Tidemark <tidemark@example.com>')
    await person.push('--force')
    await held('HEAD')
  })

  it('a squash has together with the edit that took it back', async () => {
    const { person, update, held } = await begin()
    await update('1.1.0')
    await update('1.2.0')
    await person.commit({ 'a.yaml': reference('1.0.0') })
    await person.git('branch', 'work')
    await person.git('reset', '-q', '--hard', 'HEAD~2')
    await person.git('merge', '-q', '--squash', 'work')
    await person.git('commit', '-q', '--no-edit')
    await person.push('--force')
    for (const tag of ['1.2.0', '1.1.0']) await held('HEAD', { tag })
  })

  it('another name of the policy had written, by which a comment called it', async () => {
    const line = (name: string) => `tag: 1.0.0 # tidemark: ${name}:tag\n`
    const { person, update, restart, held } = await begin({
      files: { 'a.yaml': line('before') },
      policies: [appPolicy({ name: 'before' })],
    })
    assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
    await person.revert()
    await person.edit({ 'a.yaml': line('app') })
    await restart([appPolicy()])
    await held('HEAD~1')
  })

  it('was taken back by somebody whose clock is wrong', async () => {
    const { person, update, held, later, restart } = await begin()
    later(200)
    await update('1.1.0')
    await person.revert()
    await held('HEAD')
    await restart()
    await held('HEAD')
  })

  it('was taken back wherever it can stand', async () => {
    const files = {
      'values.yaml': `image:\n  repository: ${IMAGE}\n  tag: 1.0.0\n`,
      'kustomization.yaml': `images:\n- name: ${IMAGE}\n  newTag: 1.0.0\n`,
      'template.yaml': '{{ x }}\ntag: 1.0.0 # tidemark: app:tag\n',
    }
    const { person, update, held } = await begin({ files })
    assert.equal((await update('1.1.0')).files.length, 3)
    await person.edit(files)
    for (const file of Object.keys(files)) await held('HEAD', { file })
  })

  it('has a digest, wherever that stands', async () => {
    const files = {
      'a.yaml': reference(`1.0.0@${OLD}`),
      'b.yaml': `image:\n  repository: ${IMAGE}\n  tag: 1.0.0\n  digest: ${OLD}\n`,
    }
    const { person, update, held } = await begin({ files, policies: [appPolicy({ digest: 'pin' })] })
    assert.deepEqual((await update('1.1.0', NEW)).files, ['a.yaml', 'b.yaml'])
    await person.revert()
    await held('HEAD', { digest: NEW })
    await held('HEAD', { file: 'b.yaml', digest: NEW })
    // A policy that does not follow a tag which moves does not follow it back, either.
    await held('HEAD', { file: 'b.yaml', digest: `sha256:${'c'.repeat(64)}` })
  })

  it('lost the digest that the policy had added', async () => {
    const { person, update, restart } = await begin({ policies: [appPolicy({ digest: 'pin' })] })
    const held = async () => {
      const { files, places } = await update('1.1.0', NEW)
      assert.deepEqual(files, [])
      const oid = await person.git('rev-parse', '--short=7', 'HEAD')
      const remedy = 'write it back, or commit "Tidemark-Release: app 1.1.0"'
      assert.match(places.join(), new RegExp(`the digest of 1.1.0 was taken back by commit ${oid} of .*${remedy}`))
    }
    await person.edit({ 'a.yaml': reference('1.1.0') })
    await update('1.1.0', NEW)
    assert.equal(await person.read('a.yaml'), reference(`1.1.0@${NEW}`))
    await person.revert()
    await held()
    await restart()
    await held()
    await person.edit({}, 'Tidemark-Release: app 1.1.0')
    assert.deepEqual((await update('1.1.0', NEW)).files, ['a.yaml'])
  })

  it('was written and taken back before the policy wanted digests', async () => {
    const { person, update, restart, held } = await begin()
    await update('1.1.0', NEW)
    await person.revert()
    await restart([appPolicy({ digest: 'pin' })])
    await held('HEAD', { digest: NEW })
  })

  it('was followed to a digest, until another one comes', async () => {
    const files = { 'a.yaml': reference(`latest@${OLD}`) }
    const { person, update, held } = await begin({ files, policies: [appPolicy({ digest: 'refresh' })] })
    await update('latest', NEW)
    await person.revert()
    await held('HEAD', { tag: 'latest', digest: NEW })
    const newer = `sha256:${'c'.repeat(64)}`
    await update('latest', newer)
    assert.equal(await person.read('a.yaml'), reference(`latest@${newer}`))
  })
})
