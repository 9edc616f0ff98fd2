import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { PolicyConfig } from '../../src/config/configuration.js'
import { loadConfiguration } from '../../src/config/load.js'
import { tryParsePlatform } from '../../src/image/platform.js'
import { createPolicy, type Select } from '../../src/policies/create.js'
import { decide } from '../../src/policies/decide.js'
import { explainTags } from '../../src/policies/explain.js'
import type { Facts, Stay } from '../../src/policies/gate.js'
import { createGates } from '../../src/policies/gates.js'
import { createWindow } from '../../src/policies/window.js'
import { withFiles } from '../config/files.js'

/** The fields of a policy, perhaps a sentence with what stands in Git or what time it is, and a table. */
const EXAMPLE = /^```yaml\n([\s\S]*?)^```\n\n((?:With|At) `[^`]+`.*:\n\n)?((?:\|.*\n)+)/gm

type Row = Readonly<Record<string, string>>

const docs = readFileSync('docs/policies.md', 'utf8')
const examples = [...docs.matchAll(EXAMPLE)].map(([, fields = '', sentence = '', table = '']) => ({
  fields,
  current: /^With `([^`]+)` in Git:/.exec(sentence)?.[1],
  now: Date.parse(/^At `([^`]+)`:/.exec(sentence)?.[1] ?? '2026-11-20T12:00:00Z'),
  rows: rowsOf(table),
}))

/** What every example is loaded with. */
const OTHERS = `git:
  fleet: { url: /fleet }
policies:
  staging: { image: alpine, select: { semver: '*' }, write: [{ git: fleet }] }
  a:
    image: alpine
    write: [{ git: fleet }]
`

describe('docs/policies.md', () => {
  it('has examples of every kind and gate', () => {
    const kinds = 'semver numerical alphabetical newest digest same like include exclude extract'
    const gates = 'minimumAge platforms signature after holds allow freeze fallback'
    for (const field of `${kinds} ${gates}`.split(' ')) {
      assert.ok(
        examples.some(({ fields }) => fields.includes(`${field}:`)),
        field,
      )
    }
    assert.equal(examples.length, docs.match(/^```yaml$/gm)?.length)
  })

  for (const { fields, rows, current, now } of examples) {
    it(`says what comes of ${fields.trim().replaceAll(/\n */g, ' ')}`, async () => {
      const policy = await loadPolicy(fields)
      if (rows.every((row) => 'at' in row)) {
        assert.deepEqual(
          rows.map(({ at = '' }) => writingAt(policy, at)),
          rows,
        )
        return
      }
      const explained = explain(policy, [...rows].reverse(), current, now)
      assert.deepEqual(
        explained,
        rows.map(({ tag = '', verdict, reason }) => ({ tag: unquoted(tag), verdict, reason })),
      )
    })
  }

  const differences = rowsOf(docs.slice(docs.indexOf('## Where Tidemark differs')).match(/^(?:\|.*\n)+/m)?.[0] ?? '')

  for (const row of differences) {
    const { there = '', tags = '', 'select here': select = '', 'in Git': inGit = '' } = row
    it(`differs from ${there} for ${tags}`, () => {
      const policy = createPolicy(parse(unquoted(select)) as Select)
      const current = unquoted(inGit) || undefined
      const here = policy.select(unquoted(tags).split(' '), { current })
      assert.equal(here ?? 'nothing', unquoted(row['selected here'] ?? ''))
      assert.notEqual(here, unquoted(row['selected there'] ?? ''))
    })
  }

  it('lists differences', () => assert.ok(differences.length > 5))
})

/** The cells of each row by the head of their column. */
function rowsOf(table: string): readonly Row[] {
  const [head = [], , ...rows] = table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  return rows.map((cells) => {
    assert.equal(cells.length, head.length, cells.join('|'))
    return Object.fromEntries(head.map((name, column) => [name, cells[column] ?? '']))
  })
}

function unquoted(cell: string): string {
  return cell.replaceAll('`', '')
}

function loadPolicy(fields: string): Promise<PolicyConfig> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const files = {
    'tidemark.yaml': `${OTHERS}${fields.replaceAll(/^/gm, '    ')}`,
    'cosign.pub': publicKey.export({ type: 'spki', format: 'pem' }),
  }
  return withFiles(files, async (folder) => {
    const { policies } = await loadConfiguration([join(folder, 'tidemark.yaml')], { env: {} })
    return policies.find(({ name }) => name === 'a') ?? assert.fail('the policy')
  })
}

function explain(config: PolicyConfig, rows: readonly Row[], current: string | undefined, now: number) {
  const policy = createPolicy(config.select, config.tags)
  const byTag = new Map(rows.map((row) => [unquoted(row.tag ?? ''), row]))
  const tags = [...byTag.keys()]
  const createdAt = new Map([...byTag].map(([tag, { created = '' }]) => [tag, instantOf(created) ?? null]))
  const given = { current, createdAt }
  const ranked = policy.judge(tags, given).flatMap(({ tag, verdict }) => (verdict === 'rejected' ? [] : [tag]))
  const decision = decide(
    config.fallback ? ranked : ranked.slice(0, 1),
    createGates(config.demands),
    (tag) => factsOf(byTag.get(tag) ?? {}),
    now,
  )
  assert.ok('candidates' in decision, 'the table says all that must be known')
  return explainTags(policy, tags, given, decision.candidates)
}

function factsOf(row: Row): Facts {
  const { 'first seen': seen, 'built for': built, signature, 'in staging': stays } = row
  const seenSince = instantOf(seen ?? '')
  return {
    ...(seenSince !== undefined && { seenSince }),
    ...(built !== undefined && { platforms: built.split(', ').flatMap((text) => tryParsePlatform(text) ?? []) }),
    ...(signature !== undefined && {
      signature:
        signature === 'verified' ? { verified: true, by: 'cosign.pub' } : { verified: false, reason: signature },
    }),
    ...(stays !== undefined && { stays: [staysOf(stays)] }),
  }
}

/** `never`, `from INSTANT` or `INSTANT to INSTANT`. */
function staysOf(cell: string): readonly Stay[] {
  const [since, until] = cell.replace('from ', '').split(' to ').map(instantOf)
  return since === undefined ? [] : [{ since, until }]
}

function instantOf(cell: string): number | undefined {
  return cell.endsWith('Z') ? Date.parse(cell) : undefined
}

function writingAt({ window }: PolicyConfig, at: string): Row {
  const state = createWindow(window ?? {}).judge(Date.parse(at))
  if (state.open) return { at, writes: 'yes', until: '', reason: '' }
  const until = state.until === undefined ? 'never' : new Date(state.until).toISOString().replace('.000', '')
  return { at, writes: 'no', until, reason: state.reason }
}
