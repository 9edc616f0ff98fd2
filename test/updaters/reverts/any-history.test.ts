import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { pastOf } from '../../../src/updaters/reverts/past.js'
import { takenBack } from '../../../src/updaters/reverts/taken-back.js'
import { type MadeCommit, madeHistory, oidOf } from './past-commits.js'

const IMAGE = 'ghcr.io/org/app'
const MESSAGE = `Update app\n\nTidemark-Update: app ${IMAGE} 1.0 -> 1.1\n`

/** What happens on one of two lines of work; a merge brings what the other has, or leaves it out. */
const step = fc.record({
  on: fc.constantFrom('main', 'side'),
  what: fc.constantFrom('write', 'take back', 'write back', 'other', 'merge', 'merge theirs'),
})

interface Line {
  readonly id: string
  readonly count: number
}

/** Two lines that begin alike; the newest commit merges the second into the first. */
function made(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]): readonly MadeCommit[] {
  const commits: MadeCommit[] = [{ id: 'begin', parents: [], count: 0 }]
  const lines: Record<string, Line> = { main: { id: 'begin', count: 0 }, side: { id: 'begin', count: 0 } }
  for (const [index, { on, what }] of [...steps, { on: 'main', what: 'merge' }].entries()) {
    const [own, other] = on === 'main' ? [lines.main, lines.side] : [lines.side, lines.main]
    if (own === undefined || other === undefined) continue
    const counts: Readonly<Record<string, number>> = {
      write: 1,
      'write back': 1,
      'take back': 0,
      'merge theirs': other.count,
    }
    const count = counts[what] ?? own.count
    const parents = what.startsWith('merge') ? [own.id, other.id] : [own.id]
    const id = `${index} ${what}`
    commits.push({ id, parents, count, ...(what === 'write' && own.count === 0 && { message: MESSAGE }) })
    lines[on] = { id, count }
  }
  return commits
}

it('of any history, tells a commit that took the value away which we had written before', async () => {
  let told = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const commits = made(steps)
      const { head, count, readAt, commits: past } = madeHistory(commits)
      const question = {
        policy: 'app',
        repository: IMAGE,
        file: 'a.yaml',
        head,
        count: () => count,
        means: (text: string) => text === '1.1',
        isOld: false,
        after: async () => undefined,
      }
      const history = pastOf({ commits: past })
      const found = await takenBack(history, question, readAt)
      const isWritten = commits.some(({ message }) => message !== undefined)
      assert.equal(found !== undefined, isWritten && count === 0)
      if (found === undefined) return
      told++
      const by = commits.find(({ id }) => oidOf(id) === found.by?.oid)
      const parents = commits.filter(({ id }) => by?.parents?.includes(id))
      assert.equal(by?.count, 0)
      assert.ok(
        parents.some((parent) => parent.count === 1),
        `${by?.id}`,
      )
      const writing = past.find(({ message }) => message === MESSAGE)
      assert.ok(writing !== undefined && found.by !== undefined && history.descendantsOf(writing).has(found.by.oid))
    }),
    { numRuns: 500 },
  )
  assert.ok(told > 50, `${told}`)
})
