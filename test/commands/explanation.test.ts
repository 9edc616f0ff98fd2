import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { explanationOf } from '../../src/commands/explanation.js'
import { explanationText, tagText } from '../../src/commands/explanation-text.js'
import type { Failure, Pass } from '../../src/commands/pass.js'
import { memoryRecords } from '../../src/jobs/memory-records.js'
import type { Selection, Sightings } from '../../src/jobs/payloads.js'
import { samePolicy } from '../../src/policies/current.js'
import { newestPolicy } from '../../src/policies/newest.js'
import type { JudgedPlace } from '../../src/updaters/judgement.js'
import type { WatchedPolicy } from '../../src/watchers/watch.js'
import { digestOf } from '../watchers/scripted-registry.js'
import { APP, watched } from '../watchers/watching.js'

const NOON = Date.UTC(2026, 10, 20, 12)
const HOUR = 3_600_000

interface Found {
  readonly tags?: readonly string[]
  readonly selection?: Partial<Selection>
  readonly sightings?: Sightings['tags']
  readonly places?: readonly Partial<JudgedPlace>[]
  readonly failures?: readonly Failure[]
}

/** Explains a policy by what a pass found. */
async function explained(policy: WatchedPolicy, found: Found) {
  const { tags, selection, sightings, places = [], failures = [] } = found
  const selections = memoryRecords<Selection>()
  if (selection !== undefined) {
    await selections.set('app', { version: 1, repository: APP, rule: policy.rule, firstSeenAt: 0, ...selection })
  }
  const seen = memoryRecords<Sightings>()
  if (sightings !== undefined) await seen.set(APP, { version: 1, tags: sightings })
  const pass = { selections, sightings: seen, tags: new Map(tags && [[APP, tags]]), failures }
  const target = { git: 'fleet', branch: 'main' }
  const plan = {
    places: places.map((place) => ({
      policy: 'app',
      file: 'a.yaml',
      line: 1,
      current: '1.0.0',
      reason: 'x',
      ...place,
    })),
  }
  const branches = { done: [{ target, plan }], failures: [] }
  return explanationOf(policy, pass as unknown as Pass, branches as unknown as Parameters<typeof explanationOf>[2])
}

const block = { gate: 'hold', reason: 'held: leaks', until: NOON } as const
const seenAt = (since: number, more: object = {}) => ({ digest: digestOf('seen'), since, askedAt: since, ...more })

describe('explanation', () => {
  it('has digests and times where they are known', async () => {
    const { tags, selected, digest } = await explained(watched('app'), {
      tags: ['1.0.0', '1.1.0', '1.2.0'],
      selection: { tag: '1.1.0', digest: digestOf('b'), others: [{ tag: '1.2.0', digest: digestOf('c'), block }] },
      sightings: { '1.0.0': seenAt(NOON), '1.2.0': seenAt(NOON - HOUR, { createdAt: NOON - 2 * HOUR }) },
    })
    assert.deepEqual([selected, digest], ['1.1.0', digestOf('b')])
    assert.deepEqual(
      tags.map(({ tag, verdict, digest: own, seenSince, createdAt }) => [tag, verdict, own, seenSince, createdAt]),
      [
        ['1.1.0', 'selected', digestOf('b'), undefined, undefined],
        ['1.2.0', 'rejected', digestOf('c'), '2026-11-20T11:00:00Z', '2026-11-20T10:00:00Z'],
        ['1.0.0', 'eligible', digestOf('seen'), '2026-11-20T12:00:00Z', undefined],
      ],
    )
  })

  it('does not say twice that a place is held', async () => {
    const place = { state: 'held', reason: 'held: leaks memory, #4711' } as const
    const text = explanationText(await explained(watched('app'), { places: [place] }), NOON)
    assert.match(text, /a\.yaml:1 +held .* leaks memory, #4711\n$/)
    assert.doesNotMatch(text, /held: /)
  })

  it('has the best of what several tags in Git make of a tag', async () => {
    const explanation = await explained(watched('app', {}, { policy: samePolicy('major') }), {
      tags: ['1.0.0', '1.4.0', '2.0.0', '2.3.0', 'latest'],
      selection: {
        byCurrent: {
          '1.0.0': { tag: '1.4.0', firstSeenAt: 0 },
          '2.0.0': { tag: '2.3.0', firstSeenAt: 0, block },
          latest: { reason: 'none', firstSeenAt: 0 },
        },
      },
    })
    assert.deepEqual(
      explanation.tags.map(({ tag, verdict }) => `${tag} ${verdict}`),
      ['1.4.0 selected', '2.3.0 selected', '1.0.0 eligible', '2.0.0 eligible', 'latest rejected'],
    )
    assert.match(explanationText(explanation, NOON), /^app: ghcr\.io\/org\/app selects 1\.4\.0, 2\.3\.0\n/)
    assert.match(tagText(explanation, '2.3.0'), /; waits: held: leaks\n$/)
  })

  it('goes by the creation times that are known', async () => {
    const sightings = { a: seenAt(NOON, { createdAt: 1 }), b: seenAt(NOON, { createdAt: null }) }
    const found = { tags: ['a', 'b', 'c'], selection: { tag: 'a' }, sightings }
    const { tags } = await explained(watched('app', {}, { policy: newestPolicy() }), found)
    assert.deepEqual(
      tags.map(({ tag, reason }) => `${tag}: ${reason}`),
      [
        'a: created 1970-01-01T00:00:00Z, the newest',
        'b: does not say when it was created',
        'c: has not been asked when it was created',
      ],
    )
  })

  it('has places with when they pass, and what failed', async () => {
    const failures = [
      { policy: 'other', reason: 'not this' },
      { git: 'fleet', reason: 'Cannot fetch' },
    ]
    const places = [
      { state: 'pending', desired: '1.1.0', until: NOON, obstacle: 'window' },
      { policy: 'other' },
      { desired: undefined },
    ] as const
    const explanation = await explained(watched('app'), { places, failures })
    assert.equal(explanation.error, 'Cannot fetch')
    const at = { git: 'fleet', branch: 'main', file: 'a.yaml', line: 1, current: '1.0.0', reason: 'x' }
    assert.deepEqual(JSON.parse(JSON.stringify(explanation.places)), [
      { ...at, desired: '1.1.0', state: 'pending', until: '2026-11-20T12:00:00Z' },
      { ...at, desired: null },
    ])
    assert.deepEqual([explanation.selected, explanation.tags], [null, []])
  })
})

describe('explanation as text', () => {
  it('is a table of the columns that have something', async () => {
    const explanation = await explained(watched('app'), {
      tags: ['1.1.0', '1.0.0'],
      selection: { tag: '1.1.0', digest: digestOf('b') },
      places: [
        { state: 'pending', desired: '1.1.0' },
        { state: 'current', current: '', desired: '1.1.0', line: 20 },
      ],
    })
    const digest = digestOf('b').slice(0, 19)
    assert.equal(
      explanationText(explanation, NOON),
      [
        'app: ghcr.io/org/app selects 1.1.0',
        `  *  1.1.0  selected  ${digest}  highest version in "*"`,
        `     1.0.0  eligible  ${' '.repeat(digest.length)}  lower than 1.1.0`,
        '  places:',
        '     fleet a.yaml:1   pending  1.0.0 → 1.1.0     x',
        '     fleet a.yaml:20  current  untagged → 1.1.0  x',
        '',
      ].join('\n'),
    )
  })

  const ages: readonly (readonly [number, string])[] = [
    [-HOUR, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [HOUR - 1, '59m'],
    [24 * HOUR - 1, '23h'],
    [400 * 24 * HOUR, '400d'],
  ]
  for (const [ageMs, shown] of ages) {
    it(`shows the age ${ageMs} as ${shown}`, async () => {
      const found = { tags: ['1.0.0'], selection: { tag: '1.0.0' }, sightings: { '1.0.0': seenAt(NOON) } }
      const [, row = ''] = explanationText(await explained(watched('app'), found), NOON + ageMs).split('\n')
      assert.equal(row.trim().split(/\s+/)[3], shown)
    })
  }

  it('has of digests at places what tells them apart', async () => {
    const [from, to] = [digestOf('a'), digestOf('b')]
    const places = [{ current: `1.0.0@${from}`, desired: `1.1.0@${to}`, state: 'pending' }] as const
    const text = explanationText(await explained(watched('app'), { places }), NOON)
    assert.ok(text.includes(`  1.0.0@${from.slice(0, 19)} → 1.1.0@${to.slice(0, 19)}  x\n`), text)
  })

  it('counts the tags that keep signatures', async () => {
    const kept = ['a', 'b'].map((of) => `${digestOf(of).replace(':', '-')}.sig`)
    const found = { tags: [...kept, '1.0.0'], selection: { tag: '1.0.0' } }
    const explanation = await explained(watched('app'), found)
    assert.deepEqual(explanationText(explanation, NOON).split('\n').slice(1), [
      '  *  1.0.0  selected  highest version in "*"',
      '     signature or attestation tags: 2',
      '  no places',
      '',
    ])
    assert.match(tagText(explanation, kept[0] ?? ''), /^app: sha256-\S+ is rejected: signature or attestation tag\n$/)
  })

  it('has room for as many tags as there are', async () => {
    const tags = Array.from({ length: 150_000 }, (_, index) => `build-${index}`)
    const text = explanationText(await explained(watched('app'), { tags }), NOON)
    assert.equal(text.split('\n').length, tags.length + 3)
  })

  const sentences: readonly (readonly [string, RegExp])[] = [
    ['1.1.0', /^app: 1\.1\.0 is selected: highest version in "\*"\n$/],
    ['1.0.0', /^app: 1\.0\.0 is not selected: lower than 1\.1\.0\n$/],
    ['latest', /^app: latest is rejected: not a version/],
    ['9.9.9', /^app: 9\.9\.9 is not selected: it is none of the 3 tags of the registry's list\n$/],
    ['constructor', /^app: constructor is not selected: it is none of the 3 tags/],
  ]
  for (const [tag, sentence] of sentences) {
    it(`says of ${tag} why`, async () => {
      const found = { tags: ['1.1.0', '1.0.0', 'latest'], selection: { tag: '1.1.0' } }
      assert.match(tagText(await explained(watched('app'), found), tag), sentence)
    })
  }

  it('says of a selected tag which places do not have it, and why', async () => {
    const found = {
      tags: ['1.1.0', '1.0.0'],
      selection: { tag: '1.1.0' },
      places: [
        { state: 'pending', desired: '1.1.0', reason: '1.1.0 waits: frozen' },
        { state: 'current', current: '1.1.0', desired: '1.1.0', line: 2 },
      ],
    } as const
    const explanation = await explained(watched('app'), found)
    assert.deepEqual(tagText(explanation, '1.1.0').split('\n'), [
      'app: 1.1.0 is selected: highest version in "*"',
      '  places:',
      '     fleet a.yaml:1  pending  1.0.0 → 1.1.0  1.1.0 waits: frozen',
      '',
    ])
    assert.equal(tagText(explanation, '1.0.0'), 'app: 1.0.0 is not selected: lower than 1.1.0\n')
  })

  it('says where no tags are known\n', async () =>
    assert.equal(
      tagText(await explained(watched('app'), {}), '1.0.0'),
      'app: 1.0.0 is not selected: no tags are known\n',
    ))
})
