import assert from 'node:assert/strict'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { JobsError } from '../../src/jobs/errors.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import type { Trouble } from '../../src/jobs/options.js'
import type { Sightings } from '../../src/jobs/payloads.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'

const KEY = 'ghcr.io/org/app'
const DIGEST = `sha256:${'a'.repeat(64)}`

function seen(...tags: readonly string[]): Sightings {
  const sighting = { digest: DIGEST, since: 1, askedAt: 2, createdAt: null }
  return { version: 1, tags: Object.fromEntries(tags.map((tag) => [tag, sighting])) }
}

function jobsIn(folder: string, readOnly = false, troubles: Trouble[] = []) {
  const onTrouble = (trouble: Trouble) => troubles.push(trouble)
  return memoryJobs({ clock: systemClock, random: () => 0, onTrouble, state: { folder, readOnly } })
}

const open = (...args: Parameters<typeof jobsIn>) => jobsIn(...args).sightings

describe('records in files', () => {
  it('outlast the process', () =>
    withFolder(async (folder) => {
      await open(folder).set(KEY, seen('1.0.0'))
      await open(folder).set(KEY, seen('1.0.0', '1.1.0'))
      assert.deepEqual(await open(folder).get(KEY), seen('1.0.0', '1.1.0'))
      assert.deepEqual(await open(folder).getAll([KEY, 'other']), new Map([[KEY, seen('1.0.0', '1.1.0')]]))
      assert.equal((await readdir(join(folder, 'sightings'))).length, 1)
    }))

  it('are listed where they read, with what only one process has', () =>
    withFolder(async (folder) => {
      const { holds } = jobsIn(folder)
      const held = (reason: string) => ({ version: 1 as const, holds: [{ reason, at: 1 }], releases: [] })
      assert.deepEqual(await holds.entries(), new Map())
      await holds.set('app', held('leaks'))
      await holds.set('web', held('slow'))
      for (const text of ['', '"odd', '7\n{"version":1}', '"old"\n{"version":0}\n']) {
        await writeFile(join(folder, 'holds', `${text.length}.json`), text)
      }
      await writeFile(join(folder, 'holds', 'new.json.1'), `"new"\n${JSON.stringify(held('half'))}\n`)
      const all = [
        ['app', held('leaks')],
        ['web', held('slow')],
      ] as const
      assert.deepEqual(await jobsIn(folder).holds.entries(), new Map(all))
      const reading = jobsIn(folder, true)
      await reading.holds.setAll(new Map([['app', held('mine')]]))
      assert.deepEqual(await reading.holds.entries(), new Map([...all, ['app', held('mine')]]))
      assert.deepEqual(await jobsIn(folder).holds.entries(), new Map(all))
    }))

  it('are left as they are by who only reads, who sees its own', () =>
    withFolder(async (folder) => {
      await open(folder).set(KEY, seen('1.0.0'))
      const reading = open(folder, true)
      await reading.set(KEY, seen('2.0.0'))
      await reading.set('other', seen('3.0.0'))
      assert.deepEqual(
        await reading.getAll([KEY, 'other']),
        new Map([
          [KEY, seen('2.0.0')],
          ['other', seen('3.0.0')],
        ]),
      )
      assert.deepEqual(await open(folder).getAll([KEY, 'other']), new Map([[KEY, seen('1.0.0')]]))
    }))

  it('are absent where they do not read, and that is told', () =>
    withFolder(async (folder) => {
      const troubles: Trouble[] = []
      const records = open(folder, false, troubles)
      await records.set(KEY, seen('1.0.0'))
      const [file = ''] = await readdir(join(folder, 'sightings'))
      await writeFile(join(folder, 'sightings', file), `"${KEY}"\n{"version":1,"tags":{"1.0.0":`)
      assert.equal(await records.get(KEY), undefined)
      assert.match(troubles[0]?.reason ?? '', /^Cannot read the record of "ghcr.io\/org\/app"/)
    }))

  it('say which cannot be written, and where', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'sightings'), '')
      const message = /^Cannot write "ghcr.io\/org\/app" of sightings: .*sightings/
      await assert.rejects(open(folder).set(KEY, seen('1.0.0')), (error) => {
        assert.ok(error instanceof JobsError)
        assert.ok(error.retryable)
        assert.match(error.message, message)
        return true
      })
    }))

  it('leave nothing behind that could not be written, and are written once they can be', () =>
    withFolder(async (folder) => {
      const records = open(folder)
      await records.set(KEY, seen('1.0.0'))
      const files = () => readdir(join(folder, 'sightings'))
      const [file = ''] = await files()
      await rm(join(folder, 'sightings', file))
      await mkdir(join(folder, 'sightings', file, 'x'), { recursive: true })
      for (let tries = 0; tries < 3; tries++) await assert.rejects(records.set(KEY, seen('1.0.0')), JobsError)
      assert.deepEqual(await files(), [file])
      await rm(join(folder, 'sightings', file), { recursive: true })
      await records.set(KEY, seen('1.1.0'))
      assert.deepEqual(await records.get(KEY), seen('1.1.0'))
    }))
})

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder('records')
  try {
    await use(folder)
  } finally {
    await removeFolder(folder)
  }
}

describe('records of tags in files', () => {
  const odd: readonly (readonly [string, readonly string[], boolean])[] = [
    ['names of the language', ['constructor', 'toString', 'valueOf'], true],
    ['numbers', ['2024', '007'], true],
    ['what is no tag', ['a b'], false],
    ['an empty tag', [''], false],
  ]
  for (const [what, tags, reads] of odd) {
    it(`${reads ? 'take' : 'refuse'} ${what}`, () =>
      withFolder(async (folder) => {
        const record = seen(...tags)
        await open(folder).set(KEY, record)
        const read = await open(folder).get(KEY)
        assert.deepEqual(read, reads ? record : undefined)
        assert.equal(Object.getPrototypeOf(read ?? {}), Object.prototype)
      }))
  }

  it('lose a tag called __proto__, and no other', () =>
    withFolder(async (folder) => {
      await open(folder).set(KEY, seen('1.0.0', '__proto__'))
      assert.deepEqual(await open(folder).get(KEY), seen('1.0.0'))
    }))
})
