import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/lifecycle/clock.js'
import { type FilesAtOptions, readFilesAt } from '../../src/updaters/files-at.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import type { GitRepository } from '../../src/updaters/git/repository.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { commitFiles, type GitServer, startGitServer } from '../parts/git-server.js'

let server: GitServer
let folder = ''
let path = ''
let repository: GitRepository

const { signal } = new AbortController()

before(async () => {
  folder = await temporaryFolder('files-at')
  server = await startGitServer()
  const created = await server.create('rules', {
    'one.yaml': 'one',
    'policies/a.yaml': 'names keys/k.pub, keys/k.pub, gone.pub and keys',
    'policies/b.yml': 'b',
    'policies/.hidden.yaml': 'hidden',
    'policies/readme.md': 'text',
    'policies/deeper/c.yaml': 'c',
    'empty/readme.md': 'text',
    'large/a.yaml': 'x'.repeat(1024 * 1024 + 1),
    'keys/k.pub': 'key',
    'keys/large.pub': 'x'.repeat(64 * 1024 + 1),
  })
  path = created.path
  repository = openGitRepository({ url: created.url, stateFolder: folder, clock: systemClock })
})
after(async () => {
  await server.stop()
  await removeFolder(folder)
})

const read = (at: string, more: Partial<FilesAtOptions> = {}) =>
  readFilesAt(repository, { branch: 'main', path: at, namedBy: () => [], signal, ...more })

async function found(at: string, more: Partial<FilesAtOptions> = {}) {
  const files = await read(at, more)
  assert.ok(files !== undefined && 'commit' in files, JSON.stringify(files))
  return files
}

describe('files at the newest commit', () => {
  it('are one file, or those of a folder', async () => {
    const one = await found('one.yaml')
    assert.deepEqual([one.found, one.files], [['one.yaml'], { 'one.yaml': 'one' }])
    assert.match(one.commit, /^[0-9a-f]{40}$/)
    assert.deepEqual((await found('policies')).found, ['policies/a.yaml', 'policies/b.yml'])
    assert.deepEqual((await found('.')).found, ['one.yaml'])
    assert.deepEqual((await found('policies/deeper')).files, { 'policies/deeper/c.yaml': 'c' })
  })

  it('come with those that they name, as far as they are there and small', async () => {
    const namedBy = (name: string) =>
      name === 'policies/a.yaml' ? ['keys/k.pub', 'keys/k.pub', 'keys/large.pub', 'gone.pub', 'keys'] : []
    const { files } = await found('policies', { namedBy })
    assert.deepEqual(Object.keys(files), ['policies/a.yaml', 'policies/b.yml', 'keys/k.pub'])
  })

  const complaints: readonly (readonly [at: string, complaint: RegExp])[] = [
    ['nothing', /no such file, and no such folder/],
    ['one.yaml/more', /no such file, and no such folder/],
    ['empty', /the folder has no \.yaml or \.yml file/],
    ['large', /"large\/a\.yaml" is larger than 1024 KiB, or not UTF-8 text/],
  ]
  for (const [at, complaint] of complaints) {
    it(`are not at "${at}"`, async () => {
      const files = await read(at)
      assert.ok(files !== undefined && 'complaint' in files)
      assert.match(files.complaint, complaint)
    })
  }

  it('are not read again of a commit that is known', async () => {
    const { commit } = await found('one.yaml')
    assert.equal(await read('one.yaml', { known: commit }), undefined)
    await commitFiles(path, 'main', { 'one.yaml': 'two' })
    assert.deepEqual((await found('one.yaml', { known: commit })).files, { 'one.yaml': 'two' })
  })
})
