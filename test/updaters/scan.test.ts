import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/lifecycle/clock.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import type { GitRepository } from '../../src/updaters/git/repository.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { createScanner } from '../../src/updaters/scan.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { type GitServer, startGitServer } from '../parts/git-server.js'

describe('a scan for paths', () => {
  let folder: string
  let server: GitServer
  let repository: GitRepository
  let read: number

  before(async () => {
    folder = await temporaryFolder('scan')
    server = await startGitServer()
    const text = 'version: v1\nother: v2\n'
    const { url } = await server.create('fleet', {
      'a/values.yaml': text,
      'b/values.yaml': text,
      'c/values.yaml': text,
    })
    const real = openGitRepository({ url, stateFolder: join(folder, 'git'), clock: systemClock })
    repository = {
      ...real,
      readBlobs(oids, options) {
        read += oids.length
        return real.readBlobs(oids, options)
      },
    }
  })
  after(async () => {
    await server.stop()
    await removeFolder(folder)
  })

  /** The values that paths lead to, by file, and how many blobs were read for it. */
  async function scanned(pathsIn?: (file: string) => readonly string[]) {
    read = 0
    const index = await openPlaceIndex(join(folder, 'places.jsonl'))
    const signal = new AbortController().signal
    const files = await createScanner(repository, index, () => true, pathsIn).scan(
      await repository.head('main', { signal }),
      signal,
    )
    return { found: files.map(({ path, scan }) => [path, ...scan.places.map(({ value }) => value)]), read }
  }

  it('finds in the same blob what each of its files is asked for', async () => {
    const { found } = await scanned((file) =>
      file.startsWith('a') ? ['version'] : file.startsWith('b') ? ['other'] : [],
    )
    assert.deepEqual(found, [
      ['a/values.yaml', 'v1'],
      ['b/values.yaml', 'v2'],
    ])
  })

  it('reads a blob again for other paths only', async () => {
    const both = () => ['other', 'version']
    assert.deepEqual([(await scanned(both)).read, (await scanned(both)).read], [1, 0])
    assert.deepEqual(
      (await scanned(both)).found,
      ['a', 'b', 'c'].map((name) => [`${name}/values.yaml`, 'v1', 'v2']),
    )
    assert.deepEqual(await scanned(), { found: [], read: 0 })
  })
})
