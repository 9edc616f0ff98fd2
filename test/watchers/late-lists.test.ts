import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLateLists } from '../../src/watchers/late-lists.js'
import { manualClock } from '../parts/manual-clock.js'

const LAMP = 'ghcr.io/harbour/lamp'
const unchanged = { outcome: 'unchanged' } as const
const changed = { outcome: 'changed', tags: [] } as const
const failed = { outcome: 'failed', reason: '', notBefore: 0, resting: false } as const

/** Looks that find nothing new until told otherwise, with the seconds at which they came. */
function setup() {
  const clock = manualClock()
  const start = clock.now()
  const looks: string[] = []
  const list = { isLate: true }
  const lists = createLateLists({
    look(repository) {
      looks.push(`${repository} ${(clock.now() - start) / 1_000}`)
      lists.note(repository, list.isLate ? unchanged : changed)
    },
    clock,
  })
  return { clock, looks, list, lists }
}

test('looks again after growing pauses, and gives up', async () => {
  const { clock, looks, lists } = setup()
  lists.note(LAMP, unchanged)
  await clock.advance(3_600_000)
  assert.deepEqual(looks, [`${LAMP} 5`, `${LAMP} 35`, `${LAMP} 155`])
  // The next event begins anew.
  lists.note(LAMP, unchanged)
  await clock.advance(5_000)
  assert.equal(looks.length, 4)
})

test('ends once the list has changed, whoever saw it', async () => {
  const { clock, looks, list, lists } = setup()
  lists.note(LAMP, unchanged)
  await clock.advance(5_000)
  list.isLate = false
  await clock.advance(3_600_000)
  assert.deepEqual(looks, [`${LAMP} 5`, `${LAMP} 35`])

  lists.note(LAMP, unchanged)
  lists.note(LAMP, changed)
  await clock.advance(3_600_000)
  assert.equal(looks.length, 2)
})

test('a burst makes one series for each repository, and the events after the one that found it none', async () => {
  const { clock, looks, lists } = setup()
  for (let event = 0; event < 3; event++) {
    lists.note(LAMP, unchanged)
    lists.note('ghcr.io/harbour/bell', unchanged)
  }
  await clock.advance(5_000)
  assert.deepEqual(looks, [`${LAMP} 5`, 'ghcr.io/harbour/bell 5'])

  lists.note('ghcr.io/harbour/horn', changed)
  lists.note('ghcr.io/harbour/horn', unchanged)
  await clock.advance(9_999)
  assert.ok(!looks.some((look) => look.includes('horn')))
  lists.note('ghcr.io/harbour/horn', unchanged)
  await clock.advance(5_000)
  assert.ok(!looks.some((look) => look.includes('horn')))
  lists.note('ghcr.io/harbour/horn', unchanged)
  await clock.advance(5_000)
  assert.equal(looks.filter((look) => look.includes('horn')).length, 1)
})

test('leaves failures to those who know when to try again, and ends when it is stopped', async () => {
  const { clock, looks, lists } = setup()
  for (const outcome of [failed, { outcome: 'skipped' }, { outcome: 'suspect', reason: '' }] as const) {
    lists.note(LAMP, outcome)
  }
  await clock.advance(3_600_000)
  lists.note(LAMP, unchanged)
  lists.stop()
  lists.note('ghcr.io/harbour/bell', unchanged)
  await clock.advance(3_600_000)
  assert.deepEqual(looks, [])
})
