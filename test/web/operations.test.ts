import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyHolds } from '../../src/jobs/holds.js'
import { memoryRecords } from '../../src/jobs/memory-records.js'
import { MOST_HOLDS } from '../../src/status/holds.js'
import { keptHolds } from '../../src/status/kept-holds.js'
import { createOperations } from '../../src/web/operations.js'
import { manualClock } from '../parts/manual-clock.js'

test('lets no hold push out another', async () => {
  const clock = manualClock()
  const holds = keptHolds({ jobs: { holds: memoryRecords<PolicyHolds>() }, clock, onChange: async () => {} })
  const operations = createOperations({
    repositoryOf: () => 'ghcr.io/org/app',
    orderPoll: async () => {},
    holds,
    durationOf: () => undefined,
    now: clock.now,
    onOperation: () => {},
  })
  const hold = (tag?: string) => operations.hold('app', { tag, reason: 'leaks memory' }, 'api')
  const tags = async () => (await holds.list('app')).map(({ tag = '*' }) => tag)

  await hold()
  for (let patch = 1; patch < MOST_HOLDS; patch += 1) await hold(`1.0.${patch}`)
  await assert.rejects(hold('2.0.0'), { code: 'INVALID', message: /release one of them/ })
  assert.ok((await tags()).includes('*'))
  assert.equal((await tags()).includes('2.0.0'), false)

  // One that is in force may be set anew, and one that is lifted makes room.
  await hold('1.0.1')
  await operations.release('app', '1.0.1', 'api')
  await hold('2.0.0')
  assert.deepEqual([(await tags()).length, (await tags())[0]], [MOST_HOLDS, '2.0.0'])
})
