import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSource, type EngineChoice } from '../../../src/updaters/git/choose-engine.js'
import type { ObjectSource } from '../../../src/updaters/git/object-source.js'
import type { References, ServerAbilities } from '../../../src/updaters/git/references.js'
import { gitError, never } from './scene.js'

const snapshot = { branch: 'main', commit: '1'.repeat(40), tree: '2'.repeat(40) }

function source(name: string): ObjectSource {
  return {
    look: async () => snapshot,
    read: async () => Buffer.from(name),
    history: async () => ({ commits: [] }),
    async *readBlobs() {},
    keep: async () => {},
  }
}

function choosing(answers: (ServerAbilities | Error)[]) {
  const choices: EngineChoice[] = []
  const references: Pick<References, 'abilities'> = {
    async abilities() {
      const answer = answers.shift()
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked once more')
      return answer
    },
  }
  const engines = {
    wire: (canFilter: boolean) => source(canFilter ? 'wire' : 'wire without filter'),
    isomorphic: async () => source('isomorphic'),
  }
  const chosen = chosenSource(
    references,
    engines,
    (_, __, run) => run(),
    (choice) => choices.push(choice),
  )
  return { chosen, choices }
}

test('the engine is chosen by what the server can do, once', async () => {
  const cases: [ServerAbilities, string, RegExp][] = [
    [{ version: 2, fetch: ['shallow', 'wait-for-done', 'filter'] }, 'wire', /on demand/],
    [{ version: 2, fetch: ['shallow'] }, 'wire without filter', /no filter/],
    [{ version: 2, fetch: ['filter'] }, 'isomorphic', /history/],
    [{ version: 2, fetch: [] }, 'isomorphic', /history/],
    [{ version: 1, fetch: [] }, 'isomorphic', /no protocol version 2/],
  ]
  for (const [abilities, expected, reason] of cases) {
    const { chosen, choices } = choosing([abilities])
    assert.deepEqual(await chosen.look('main', never.signal), snapshot)
    await chosen.look('main', never.signal)
    assert.equal(String(await chosen.read('', 'tree', never.signal)), expected)
    assert.equal(choices.length, 1)
    assert.equal(choices[0]?.engine, expected.split(' ')[0])
    assert.match(choices[0]?.reason ?? '', reason)
  }
})

test('a server that cannot be asked is asked again', async () => {
  const { chosen, choices } = choosing([new Error('no answer'), { version: 1, fetch: [] }])
  await assert.rejects(chosen.look('main', never.signal), /no answer/)
  await assert.rejects(chosen.read('', 'tree', never.signal), gitError('STATE', true))
  await chosen.look('main', never.signal)
  assert.equal(choices.length, 1)
})
