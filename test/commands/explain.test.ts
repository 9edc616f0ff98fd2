import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Invocation } from '../../src/commands/command.js'
import { explain } from '../../src/commands/explain.js'
import type { Configuration } from '../../src/config/configuration.js'

/** What a person is told who asks for this. Nothing is loaded before the options are read. */
async function refusal(operands: readonly string[], options: Invocation['options'], policies: readonly string[]) {
  const configuration = { policies: policies.map((name) => ({ name })), policiesFrom: [] } as unknown as Configuration
  const load = async () => configuration
  const invocation = { operands, options, load } as unknown as Invocation
  return explain.run(invocation).then(
    () => assert.fail('it was not refused'),
    (error) => error,
  )
}

describe('explain', () => {
  const wrong: readonly (readonly [readonly string[], Invocation['options'], RegExp])[] = [
    [[], { tag: 'no tag' }, /^Cannot explain --tag "no tag": it is no tag$/],
    [[], { tag: '' }, /^Cannot explain --tag "": it is no tag$/],
    [[], { tag: 'a:b' }, /^Cannot explain --tag "a:b": it is no tag$/],
    [[], { at: 'noon' }, /^Cannot explain --at "noon": expected a time such as 2026-12-24T18:00 or 2026-12-24$/],
    [[], { at: '' }, /^Cannot explain --at "": expected/],
    [[], { at: '2026-02-30' }, /^Cannot explain --at "2026-02-30": expected/],
    [[], { at: '1700000000' }, /^Cannot explain --at "1700000000": expected/],
    [['nobody'], {}, /^Cannot explain "nobody": there is no such policy$/],
    [['constructor'], {}, /^Cannot explain "constructor": there is no such policy$/],
    [['app', 'other'], {}, /^Cannot explain: name one policy, or none for all$/],
  ]
  for (const [operands, options, message] of wrong) {
    it(`refuses ${JSON.stringify([...operands, options])}`, async () => {
      const error = await refusal(operands, options, ['app', 'other'])
      assert.equal(error.name, 'UsageError')
      assert.match(error.message, message)
    })
  }
})
