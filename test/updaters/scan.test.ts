import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { createScanner } from '../../src/updaters/scan.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'

const FILES = 500

test('a look at many files lets other work go on', async () => {
  const folder = await temporaryFolder('scan')
  let turns = 0
  let seen = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  try {
    const names = Array.from({ length: FILES }, (_, index) => `${index}.yaml`)
    const repository = {
      readTree: async () => names.map((name) => ({ name, type: 'file' as const, oid: `${name}/blob` })),
      async *readBlobs(oids: readonly string[]) {
        const before = turns
        for (const oid of oids) yield { oid, bytes: Buffer.from(`image: app:1\n# ${'x'.repeat(1000)}\n`) }
        seen = turns - before
      },
    }
    const scanner = createScanner(repository, await openPlaceIndex(join(folder, 'places')), () => true)
    const files = await scanner.scan({ branch: 'main', commit: 'c', tree: 't' }, AbortSignal.timeout(10_000))
    assert.equal(files.length, FILES)
    assert.ok(seen >= 3, `${seen} turns`)
  } finally {
    clearImmediate(timer)
    await removeFolder(folder)
  }
})
