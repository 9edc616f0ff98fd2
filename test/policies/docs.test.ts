import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createPolicy } from '../../src/policies/create.js'
import { load } from '../config/files.js'

/** The fields of a policy, and the table of tags behind them. */
const EXAMPLE = /^```yaml\n([\s\S]*?)^```\n\n((?:\|.*\n)+)/gm
const ROW = /^\| `([^`]+)` \| ([a-z]+) \| (.+) \|$/gm

const examples = [...readFileSync('docs/policies.md', 'utf8').matchAll(EXAMPLE)].map(([, fields = '', table = '']) => ({
  fields,
  rows: [...table.matchAll(ROW)].map(([, tag = '', verdict = '', reason = '']) => ({ tag, verdict, reason })),
  lines: table.trim().split('\n').length,
}))

describe('docs/policies.md', () => {
  it('has examples of every kind', () => {
    for (const kind of ['semver', 'numerical', 'alphabetical', 'include', 'exclude', 'extract']) {
      assert.ok(
        examples.some(({ fields }) => fields.includes(`${kind}:`)),
        kind,
      )
    }
  })

  for (const { fields, rows, lines } of examples) {
    it(`says what comes of ${fields.trim().replaceAll(/\n */g, ' ')}`, async () => {
      // The table's head is two lines.
      assert.equal(rows.length, lines - 2)
      const indented = fields.replaceAll(/^/gm, '    ')
      const { policies } = await load(`policies:\n  a:\n    image: alpine\n${indented}`)
      const { select, tags } = policies[0] ?? assert.fail('a policy')
      assert.deepEqual(createPolicy(select, tags).judge(rows.map(({ tag }) => tag).reverse()), rows)
    })
  }
})
