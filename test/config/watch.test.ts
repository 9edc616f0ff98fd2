import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type FileWatch, watchFiles } from '../../src/config/watch.js'
import { eventually } from '../parts/eventually.js'
import { type ManualClock, manualClock } from '../parts/manual-clock.js'
import { withFiles } from './files.js'

interface Watched {
  readonly folder: string
  readonly clock: ManualClock
  readonly watch: FileWatch
  /** Lets looks go by, and tells how many changes were told since. */
  looks(count: number): Promise<number>
}

/** Watches `names` of a folder that has `a.yaml`. */
function watching(names: readonly string[], body: (watched: Watched) => Promise<void>): Promise<void> {
  return withFiles({ 'a.yaml': 'a: 1\n' }, async (folder) => {
    const clock = countingClock()
    let changes = 0
    const onChange = () => {
      changes += 1
    }
    const paths = names.map((name) => join(folder, name))
    const watch = watchFiles(paths, { clock, onChange })
    await eventually('the first look', () => clock.armed() === 1)
    const looks = async (count: number) => {
      changes = 0
      for (let look = 0; look < count; look++) {
        const before = clock.armed()
        await clock.advance(1_000)
        // A look reads real files, and arms the next one when it is done.
        await eventually('a look', () => clock.armed() > before)
      }
      return changes
    }
    await body({ folder, clock, watch, looks })
    await watch.stop()
  })
}

function countingClock(): ManualClock & { armed(): number } {
  const clock = manualClock()
  let armed = 0
  return {
    ...clock,
    after(delayMs, run) {
      armed += 1
      return clock.after(delayMs, run)
    },
    armed: () => armed,
  }
}

describe('watching files', () => {
  it('tells of nothing while nothing changes', () =>
    watching(['a.yaml', '', 'missing'], async ({ looks }) => assert.equal(await looks(3), 0)))

  const changes: readonly (readonly [what: string, watched: string, change: (folder: string) => Promise<unknown>])[] = [
    ['other bytes', 'a.yaml', (folder) => writeFile(join(folder, 'a.yaml'), 'a: 2\n')],
    ['a file that is gone', 'a.yaml', (folder) => rm(join(folder, 'a.yaml'))],
    ['a file that comes', 'b.yaml', (folder) => writeFile(join(folder, 'b.yaml'), 'b: 1\n')],
    ['a file in a folder', '', (folder) => writeFile(join(folder, 'b.yaml'), 'b: 1\n')],
    [
      'another file of the same size and time',
      'a.yaml',
      async (folder) => {
        const time = new Date(1_000_000)
        await writeFile(join(folder, 'next'), 'a: 2\n')
        await utimes(join(folder, 'next'), time, time)
        await rename(join(folder, 'next'), join(folder, 'a.yaml'))
      },
    ],
  ]
  for (const [what, watched, change] of changes) {
    it(`tells of ${what}, once`, () =>
      watching([watched], async ({ folder, looks }) => {
        await change(folder)
        assert.equal(await looks(4), 1)
      }))
  }

  it('tells of another target of a link in the path', () =>
    watching(['now/a.yaml'], async ({ folder, watch, looks }) => {
      for (const name of ['1', '2']) {
        await mkdir(join(folder, name))
        await writeFile(join(folder, name, 'a.yaml'), `a: ${name}\n`)
      }
      await symlink('1', join(folder, 'now'))
      assert.equal(await looks(3), 1)
      await symlink('2', join(folder, 'next'))
      await rename(join(folder, 'next'), join(folder, 'now'))
      assert.equal(await looks(3), 1)
      await watch.stop()
    }))

  it('waits while somebody is writing', () =>
    watching(['a.yaml'], async ({ folder, looks }) => {
      for (let size = 1; size < 4; size++) {
        await writeFile(join(folder, 'a.yaml'), 'a'.repeat(100 * size))
        assert.equal(await looks(1), 0)
      }
      assert.equal(await looks(1), 1)
    }))

  it('takes other files, as they are then', () =>
    watching(['a.yaml'], async ({ folder, watch, looks }) => {
      watch.take([join(folder, 'b.yaml')])
      assert.equal(await looks(2), 0)
      await writeFile(join(folder, 'a.yaml'), 'a: 2\n')
      assert.equal(await looks(2), 0)
      await writeFile(join(folder, 'b.yaml'), 'b: 2\n')
      assert.equal(await looks(2), 1)
    }))
})
