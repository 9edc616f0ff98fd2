import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Choice } from '../../src/jobs/payloads.js'
import type { Demands } from '../../src/policies/gates.js'
import { choose, chooseAgain, mayChange } from '../../src/watchers/choose.js'
import type { Look } from '../../src/watchers/look.js'
import type { WatchedPolicy } from '../../src/watchers/watch.js'
import { digestOf } from './scripted-registry.js'
import { told, watched } from './watching.js'

const NOW = Date.UTC(2026, 10, 20)

/** What a look knows: every image is for linux/amd64, and a tag was first seen so many milliseconds after the epoch. */
function lookAt(since: Readonly<Record<string, number>> = {}) {
  const asked: string[] = []
  const look: Pick<Look, 'digestOf' | 'learn' | 'lastKnown'> = {
    lastKnown: async () => new Map(),
    digestOf: async (tag) => {
      asked.push(tag)
      return digestOf(tag)
    },
    learn: async (tag, fact) => {
      asked.push(`${fact} ${tag}`)
      const platforms = [{ os: 'linux', architecture: 'amd64' }]
      return { digest: digestOf(tag), ...(fact === 'seenSince' ? { seenSince: since[tag] ?? NOW } : { platforms }) }
    },
  }
  return { look: look as Look, asked }
}

function optionsOf(
  demands: Demands,
  more: Partial<WatchedPolicy>,
  before?: Choice,
  since?: Readonly<Record<string, number>>,
) {
  const { look, asked } = lookAt(since)
  return { options: { policy: watched('app', demands, more), before, look, staysOf: () => [], now: () => NOW }, asked }
}

const hold = (...tags: readonly string[]) => ({ holds: tags.map((tag) => ({ tag, reason: 'x' })) })
const ARM = { os: 'linux', architecture: 'arm64' }
const AGED = { minimumAgeMs: 1 }
const TAGS = ['1.0.0', '1.1.0', '1.2.0', 'latest']

describe('choose', () => {
  const cases: readonly (readonly [string, Demands, Partial<WatchedPolicy>, string, readonly string[]])[] = [
    ['without gates', {}, {}, '1.2.0', ['1.2.0']],
    ['that passes', hold('1.1.0'), {}, '1.2.0', ['1.2.0']],
    ['that does not', hold('1.2.0'), {}, '1.2.0 waits (hold)', ['1.2.0']],
    ['the next best', hold('1.2.0'), { fallback: true }, '1.1.0 beside 1.2.0 (hold)', ['1.1.0']],
    [
      'none passes',
      hold('1.2.0', '1.1.0', '1.0.0'),
      { fallback: true },
      '1.2.0 waits (hold) beside 1.1.0 (hold), 1.0.0 (hold)',
      ['1.2.0'],
    ],
    ['the cheap gate first', { ...hold('1.2.0'), ...AGED }, {}, '1.2.0 waits (hold)', ['1.2.0']],
    ['what a gate asked tells the digest', AGED, {}, '1.2.0 waits (minimum-age)', ['seenSince 1.2.0']],
    [
      'each question once',
      { ...AGED, platforms: [] },
      { fallback: true },
      '1.0.0 beside 1.2.0 (minimum-age), 1.1.0 (minimum-age)',
      ['seenSince 1.2.0', 'seenSince 1.1.0', 'seenSince 1.0.0', 'platforms 1.0.0'],
    ],
  ]
  for (const [what, demands, more, expected, requests] of cases) {
    it(`the best: ${what}`, async () => {
      const { options, asked } = optionsOf(demands, more, undefined, { '1.0.0': 0 })
      const { chosen } = await choose(TAGS, {}, options)
      assert.equal(told({ ...chosen, firstSeenAt: 0 }), expected)
      assert.deepEqual(asked, requests)
      assert.equal(chosen.digest, digestOf(chosen.tag ?? ''))
    })
  }

  describe('of many that do not pass', () => {
    const tags = Array.from({ length: 200 }, (_, minor) => `1.${minor}.0`)

    const sinceEver = Object.fromEntries(tags.map((tag) => [tag, 0]))

    it('asks of twenty, and goes on at the next look', async () => {
      const { options, asked } = optionsOf(AGED, { fallback: true })
      const { chosen, isProvisional } = await choose(tags, {}, options)
      assert.deepEqual([chosen.tag, chosen.others?.length, asked.length], ['1.199.0', 19, 20])
      assert.ok(isProvisional)
    })

    it('does not go on where the next look would come no further', async () => {
      const { options, asked } = optionsOf({ ...AGED, platforms: [ARM] }, { fallback: true }, undefined, sinceEver)
      const lastKnown = new Map(tags.map((tag) => [tag, 0]))
      const look = { ...options.look, lastKnown: async () => lastKnown }
      const { chosen, isProvisional } = await choose(tags, {}, { ...options, look })
      assert.deepEqual([chosen.block?.gate, chosen.others?.length, isProvisional], ['platforms', 19, false])
      assert.equal(asked.length, 40)
    })

    it('asks those alone that are not known to be too young, and the best', async () => {
      const { options, asked } = optionsOf(AGED, { fallback: true }, undefined, { '1.150.0': 0 })
      const lastKnown = new Map(tags.map((tag) => [tag, tag === '1.150.0' ? 0 : NOW]))
      const { chosen, isProvisional } = await choose(
        tags,
        {},
        { ...options, look: { ...options.look, lastKnown: async () => lastKnown } },
      )
      assert.deepEqual([chosen.tag, chosen.others?.length, isProvisional], ['1.150.0', 49, false])
      assert.deepEqual(asked, ['seenSince 1.199.0', 'seenSince 1.150.0'])
    })
  })

  const reasons: readonly (readonly [readonly string[], string | undefined, string])[] = [
    [[], undefined, 'the repository has no tags'],
    [['latest'], undefined, 'none of the 1 tags qualifies'],
    [['latest'], '1.0.0', 'none of the 1 tags qualifies to follow 1.0.0'],
  ]
  for (const [tags, current, reason] of reasons) {
    it(reason, async () => {
      const { chosen } = await choose(tags, { current }, optionsOf({}, {}).options)
      assert.deepEqual(chosen, { reason })
    })
  }
})

describe('choose again', () => {
  const was = (tag: string, more: Partial<Choice> = {}): Choice => ({
    tag,
    digest: digestOf('before'),
    firstSeenAt: 0,
    ...more,
  })
  const block = { gate: 'hold', reason: 'x' } as const
  const fallback = { fallback: true }

  const cases: readonly (readonly [
    string,
    Demands,
    Partial<WatchedPolicy>,
    Choice,
    string | undefined,
    readonly string[],
  ])[] = [
    ['nothing is asked of a tag that is known', {}, {}, was('1.2.0'), '1.2.0', []],
    ['a tag that is followed is asked', {}, { follows: true }, was('1.2.0'), '1.2.0', ['1.2.0']],
    ['a tag passes now', {}, {}, was('1.2.0', { block }), '1.2.0', []],
    ['a tag waits on', hold('1.2.0'), {}, was('1.2.0', { block }), '1.2.0 waits (hold)', []],
    [
      'the better tag passes now',
      {},
      fallback,
      was('1.1.0', { others: [{ tag: '1.2.0', block }] }),
      '1.2.0',
      ['1.2.0'],
    ],
    [
      'more tags are needed',
      hold('1.2.0', '1.1.0'),
      fallback,
      was('1.1.0', { others: [{ tag: '1.2.0', block }] }),
      undefined,
      ['1.2.0'],
    ],
    [
      'no tag is needed where none passed before',
      hold('1.2.0', '1.1.0'),
      fallback,
      was('1.2.0', { block, others: [{ tag: '1.1.0', block }] }),
      '1.2.0 waits (hold) beside 1.1.0 (hold)',
      [],
    ],
    ['there was none', {}, {}, { reason: 'none', firstSeenAt: 0 }, 'none', []],
  ]
  for (const [what, demands, more, before, expected, requests] of cases) {
    it(what, async () => {
      const { options, asked } = optionsOf(demands, more, before)
      const chosen = await chooseAgain(before, options)
      assert.equal(told(chosen && { ...chosen, firstSeenAt: 0 }), expected)
      assert.deepEqual(asked, requests)
    })
  }

  it('may change where a tag is followed, waits, or was not the best', () => {
    const follows = watched('app', {}, { follows: true })
    assert.deepEqual(
      [
        mayChange(was('1.2.0'), follows),
        mayChange(was('1.2.0'), watched('app', AGED)),
        mayChange(was('1.2.0', { block }), watched('app', AGED)),
        mayChange(was('1.1.0', { others: [] }), watched('app', AGED)),
      ],
      [true, false, true, true],
    )
  })
})
