import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { historyRecords } from '../../../src/updaters/git/history-records.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'

const [one, two] = ['1'.repeat(40), '2'.repeat(40)]
let folder: string
before(async () => {
  folder = await temporaryFolder('git-records')
})
after(() => removeFolder(folder))

test('records of histories are there after a restart, the newest last', async () => {
  const records = historyRecords(folder)
  const record = { tip: one, ends: [two], why: 'server has no more' }
  await records.remember('main', record)
  await records.remember('release/1', { ...record, ends: [] })
  await records.remember('main', { ...record, tip: two })
  const read = await historyRecords(folder).all()
  assert.deepEqual(
    [...read],
    [
      ['release/1', { ...record, ends: [] }],
      ['main', { ...record, tip: two }],
    ],
  )
})

test('what is no record is left out', async () => {
  const cases = [
    ...['', 'null', '7', '[]', '{"main": null}', '{"main": 7}', '{"main": {}}', '{"main": '],
    JSON.stringify({ main: { tip: 'main', ends: [], why: '' } }),
    JSON.stringify({ main: { tip: one, ends: ['main'], why: '' } }),
    JSON.stringify({ main: { tip: one, ends: one, why: '' } }),
    JSON.stringify({ main: { tip: one, ends: [] } }),
  ]
  for (const text of cases) {
    await writeFile(join(folder, 'history.json'), text)
    assert.deepEqual([...(await historyRecords(folder).all())], [], text)
  }
})
