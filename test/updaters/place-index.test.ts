import assert from 'node:assert/strict'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { GitError } from '../../src/updaters/git/errors.js'
import type { Scan } from '../../src/updaters/manifests/place.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'

const blob = (letter: string, name: string, paths: readonly string[] = []) => ({ oid: letter.repeat(40), name, paths })
const something: Scan = {
  places: [
    { kind: 'tag', start: 3, end: 8, line: 1, value: '1.0.0', image: { name: 'ghcr.io/org/app', tag: '1.0.0' } },
  ],
  warnings: [{ line: 2, message: 'odd' }],
}
const nothing: Scan = { places: [], warnings: [] }

describe('place index', () => {
  let folder = ''
  before(async () => {
    folder = await temporaryFolder('index')
  })
  after(() => removeFolder(folder))

  it('remembers what blobs contain, and that they contain nothing, across restarts', async () => {
    const file = join(folder, 'new', 'places.jsonl')
    const index = await openPlaceIndex(file)
    index.set(blob('a', 'values.yaml'), something)
    index.set(blob('b', 'values.yaml'), nothing)
    await index.flush()

    const again = await openPlaceIndex(file)
    assert.deepEqual(again.get(blob('a', 'values.yaml')), something)
    assert.deepEqual(again.get(blob('b', 'values.yaml')), nothing)
    assert.equal(again.get(blob('a', 'Kustomization')), undefined)
  })

  it('knows what was found by other paths apart', async () => {
    const file = join(folder, 'paths.jsonl')
    const index = await openPlaceIndex(file)
    const stopped: Scan = { ...nothing, deadEnds: [{ path: 'a.b', depth: 1, line: 1, reason: 'a is empty' }] }
    index.set(blob('a', 'values.yaml', ['a.b']), stopped)
    index.set(blob('a', 'values.yaml', ['a', 'b']), something)
    await index.flush()

    const again = await openPlaceIndex(file)
    assert.deepEqual(again.get(blob('a', 'values.yaml', ['a.b'])), stopped)
    assert.deepEqual(again.get(blob('a', 'values.yaml', ['a', 'b'])), something)
    assert.equal(again.get(blob('a', 'values.yaml', ['a'])), undefined)
    assert.equal(again.get(blob('a', 'values.yaml')), undefined)
  })

  it('does not keep thousands of paths with every blob', async () => {
    const file = join(folder, 'many.jsonl')
    const index = await openPlaceIndex(file)
    const paths = Array.from({ length: 1_000 }, (_, number) => `apps.app${number}.image.tag`)
    for (const letter of 'abcdef') index.set(blob(letter, 'values.yaml', paths), nothing)
    await index.flush()
    assert.ok((await readFile(file)).length < 2_000)
    assert.deepEqual((await openPlaceIndex(file)).get(blob('a', 'values.yaml', paths)), nothing)
  })

  it('writes what is new only', async () => {
    const file = join(folder, 'twice.jsonl')
    const index = await openPlaceIndex(file)
    index.set(blob('a', 'a.yaml'), something)
    await index.flush()
    await index.flush()
    index.set(blob('b', 'a.yaml'), nothing)
    await index.flush()
    assert.equal((await readFile(file, 'utf8')).trim().split('\n').length, 2)
  })

  it('passes over broken lines, and keeps what is written after them', async () => {
    const file = join(folder, 'broken.jsonl')
    const index = await openPlaceIndex(file)
    index.set(blob('a', 'a.yaml'), something)
    await index.flush()
    await appendFile(file, 'no JSON\n[1]\n["x",{"places":1}]\n["cut off')

    const again = await openPlaceIndex(file)
    assert.deepEqual(again.get(blob('a', 'a.yaml')), something)
    again.set(blob('b', 'a.yaml'), something)
    await again.flush()
    assert.deepEqual((await openPlaceIndex(file)).get(blob('b', 'a.yaml')), something)
  })

  it('is begun anew where it has grown too large, on disk and in memory', async () => {
    const file = join(folder, 'large.jsonl')
    const index = await openPlaceIndex(file, 1_000)
    index.set(blob('a', 'a.yaml'), something)
    await index.flush()
    assert.deepEqual(index.get(blob('a', 'a.yaml')), something)
    for (let number = 0; number < 10; number++) index.set(blob('b', `${number}.yaml`), something)
    assert.deepEqual(index.get(blob('b', '9.yaml')), something)
    await index.flush()
    assert.equal(index.get(blob('a', 'a.yaml')), undefined)
    await assert.rejects(readFile(file), { code: 'ENOENT' })
    index.set(blob('a', 'a.yaml'), something)
    await index.flush()
    assert.deepEqual((await openPlaceIndex(file, 1_000)).get(blob('a', 'a.yaml')), something)
  })

  it('goes on in a folder that was removed meanwhile', async () => {
    const file = join(folder, 'removed', 'places.jsonl')
    const index = await openPlaceIndex(file)
    await rm(join(folder, 'removed'), { recursive: true })
    index.set(blob('a', 'a.yaml'), something)
    await index.flush()
    assert.deepEqual((await openPlaceIndex(file)).get(blob('a', 'a.yaml')), something)
  })

  it('says where it cannot be kept', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const failure = await openPlaceIndex(join(file, 'places.jsonl')).catch((error) => error)
    assert.ok(failure instanceof GitError)
    assert.equal(failure.code, 'STATE')
    assert.match(failure.message, /^Cannot use ".*places\.jsonl": /)
  })
})
