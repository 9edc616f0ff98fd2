import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { eventually } from '../../parts/eventually.js'
import { commitFiles } from '../../parts/git-server.js'
import type { RunningProcess } from '../../parts/process.js'
import { startReading } from './reading-process.js'
import { type Engine, openEngine, type Scene, startScene } from './scene.js'
import { filesBelow, pushCopies, readAll } from './state.js'

for (const engine of ['isomorphic', 'wire'] as const)
  describe(`the state folder of processes with the engine "${engine}"`, () => isShared(engine))

function isShared(engine: Engine): void {
  let scene: Scene
  /** Of each text that `a.yaml` had, the newest first. */
  const texts: string[] = ['a: 1\n']
  before(async () => {
    scene = await startScene({ engine })
    await change('a: 2\n')
  })
  after(() => scene.stop())

  async function change(text: string): Promise<void> {
    await pushCopies(scene, text)
    texts.unshift(text)
  }

  /** Small enough for the folder to be emptied, and its files to be put together, all the time. */
  const limits = { maxPacks: 3, maxBytes: 20_000, maxFiles: 3 }

  test('reads right in processes that share it while others push', async () => {
    const folder = `${scene.folder}.shared`
    const readers = [1, 2].map(() => startReading({ engine, folder, url: scene.url, limits }))
    try {
      await eventually('both read', () => readers.every((reader) => hasRead(reader, 'a: 2\n')))
      for (let round = 0; round < 12; round++) await change(`a: shared ${round}\n`)
      await eventually('both read the last', () => readers.every((reader) => hasRead(reader, 'shared 11\n')))
    } finally {
      await Promise.all(readers.map((reader) => reader.stop()))
    }
    for (const reader of readers) assert.doesNotMatch(reader.output(), /Error/)
  })

  test('reads right after a process was killed while it wrote', async () => {
    const folders = [1, 2, 3].map((at) => `${scene.folder}.killed-${at}`)
    const killed = folders.map(async (folder, at) => {
      const reader = startReading({ engine, folder, url: scene.url, startsOver: true })
      await eventually('it reads', () => hasRead(reader, 'a: '))
      // Anywhere between two writes, or within one.
      await setTimeout(at * 37)
      reader.signal('SIGKILL')
      await reader.ended
      assert.doesNotMatch(reader.output(), /Error/)
    })
    await Promise.all(killed)
    for (const folder of folders) assert.deepEqual(await readAll(openEngine({ engine, folder, url: scene.url })), texts)
  })

  test('is none the worse for a full disk', async () => {
    const folder = `${scene.folder}.full`
    // A folder that has more bytes than fit into a file, and does not become much smaller when it is deflated.
    const names = Array.from({ length: 1_500 }, () => randomBytes(20).toString('hex'))
    await commitFiles(scene.path, 'main', Object.fromEntries(names.map((name) => [name, name])))
    texts.unshift(texts[0] ?? '')
    const reader = startReading({ engine, folder, url: scene.url, maxFileBytes: 40 * 1024 })
    try {
      await eventually('it fails', () => hasRead(reader, 'EFBIG'))
    } finally {
      await reader.stop()
    }
    assert.deepEqual(
      (await filesBelow(folder)).filter((file) => file.endsWith('.tmp')),
      [],
    )
    assert.deepEqual(await readAll(openEngine({ engine, folder, url: scene.url })), texts)
  })
}

function hasRead(reader: RunningProcess, text: string): boolean {
  assert.doesNotMatch(reader.output(), /Error/)
  return reader.output().includes(text)
}
