import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileMatcher } from '../../src/updaters/files.js'
import { isWaiting } from '../../src/updaters/judgement.js'
import { type Case, IMAGE, judged, NEW, OLD, outcomes, policy, selects } from './judging.js'

describe('judge: what is written', () => {
  const written: readonly (readonly [string, string, readonly (readonly [string, string, string])[]])[] = [
    ['a reference', `image: ${IMAGE}:1.0.0\n`, [['1.0.0', '1.1.0', `${IMAGE}:1.1.0`]]],
    [
      'a reference with its digest',
      `image: ${IMAGE}:1.0.0@${OLD}\n`,
      [[`1.0.0@${OLD}`, `1.1.0@${NEW}`, `${IMAGE}:1.1.0@${NEW}`]],
    ],
    ['a reference by digest alone', `image: ${IMAGE}@${OLD}\n`, [[OLD, NEW, `${IMAGE}@${NEW}`]]],
    [
      'a reference with its digest beside it',
      `image: ${IMAGE}:1.0.0\ndigest: ${OLD}\n`,
      [
        ['1.0.0', '1.1.0', `${IMAGE}:1.1.0`],
        [OLD, NEW, NEW],
      ],
    ],
    ['a tag that is no version', `image: ${IMAGE}:latest\n`, [['latest', '1.1.0', `${IMAGE}:1.1.0`]]],
    ['a Helm pair', `image:\n  repository: ${IMAGE}\n  tag: 1.0.0\n`, [['1.0.0', '1.1.0', '1.1.0']]],
    [
      'a Helm pair with a digest',
      `image:\n  repository: ${IMAGE}\n  tag: 1.0.0\n  digest: ${OLD}\n`,
      [
        ['1.0.0', '1.1.0', '1.1.0'],
        [OLD, NEW, NEW],
      ],
    ],
    [
      'a marked reference of another image, as Flux does',
      'image: app:1.0.0 # {"$imagepolicy": "flux-system:app"}\n',
      [['1.0.0', '1.1.0', `${IMAGE}:1.1.0`]],
    ],
    ['a marked tag', 'version: 1.0.0 # tidemark: app:tag\n', [['1.0.0', '1.1.0', '1.1.0']]],
    [
      'a marked tag of another image',
      'repository: mirror/app\ntag: 1.0.0 # tidemark: app:tag\n',
      [['1.0.0', '1.1.0', '1.1.0']],
    ],
    ['a marked reference without a tag', `image: ${IMAGE} # tidemark: app\n`, [['', '1.1.0', `${IMAGE}:1.1.0`]]],
  ]
  for (const [what, text, expected] of written) {
    it(what, () => {
      const pending = expected.map(([current, desired, writes]) => ({
        current,
        desired,
        state: 'pending',
        obstacle: 'update',
        writes,
      }))
      assert.deepEqual(outcomes(text), pending)
    })
  }

  it('keeps the spelling of an image that has several', () => {
    const policies = [policy('app', 'alpine')]
    const [place] = outcomes('image: docker.io/library/alpine:1.0.0\n', { policies, selection: selects('alpine') })
    assert.equal(place?.writes, 'docker.io/library/alpine:1.1.0')
  })
})

describe('judge: what is left alone, and why', () => {
  const left: readonly (readonly [string, string, Case, string, string])[] = [
    ['a hold', `image: ${IMAGE}:1.0.0 # tidemark: hold leaks memory\n`, {}, 'hold', 'a comment holds it: leaks memory'],
    [
      'an ignored line',
      `image: ${IMAGE}:1.0.0 # tidemark: ignore\n`,
      {},
      'ignored',
      'a comment says to ignore this line',
    ],
    ['no tag', `image: ${IMAGE}\n`, {}, 'untagged', 'has neither tag nor digest: add one, or a marker'],
    ['a downgrade', `image: ${IMAGE}:2.0.0\n`, {}, 'downgrade', '2.0.0 stands here, and 1.1.0 would be a downgrade'],
    [
      'a digest that is not known',
      `image: ${IMAGE}:1.0.0@${OLD}\n`,
      { selection: selects(IMAGE, { digest: undefined }) },
      'no-digest',
      'the digest of 1.1.0 is not known',
    ],
    [
      'no tag that qualifies',
      `image: ${IMAGE}:1.0.0\n`,
      { selection: selects(IMAGE, { tag: undefined, reason: 'none of the 3 tags qualifies' }) },
      'no-tag',
      'none of the 3 tags qualifies',
    ],
    [
      'a selection by another rule',
      `image: ${IMAGE}:1.0.0\n`,
      { selection: selects(IMAGE, { rule: 'older' }) },
      'not-polled',
      'the repository has not been listed yet',
    ],
    [
      'a selection of another image',
      `image: ${IMAGE}:1.0.0\n`,
      { selection: selects('ghcr.io/org/other') },
      'not-polled',
      'the repository has not been listed yet',
    ],
  ]
  for (const [what, text, options, obstacle, reason] of left) {
    it(what, () => {
      const [place, ...more] = judged(text, options).places
      assert.deepEqual(more, [])
      assert.equal(place?.state, 'held')
      assert.equal(place?.obstacle, obstacle)
      assert.equal(place?.reason, reason)
      assert.equal(place?.edit, undefined)
      assert.equal(place === undefined || isWaiting(place), obstacle !== 'ignored' && obstacle !== 'untagged')
    })
  }

  it('a marked tag of another image that is as it should be', () => {
    const [place] = outcomes('repository: mirror/app\ntag: 1.1.0 # tidemark: app:tag\n')
    assert.equal(place?.state, 'current')
  })

  it('what has the tag already', () => {
    assert.deepEqual(outcomes(`image: ${IMAGE}:1.1.0\n`), [
      { current: '1.1.0', desired: '1.1.0', state: 'current', obstacle: undefined, writes: undefined },
    ])
  })

  it('a downgrade where the policy allows it is written', () => {
    const policies = [policy('app', IMAGE, { downgrade: 'allow' })]
    assert.equal(outcomes(`image: ${IMAGE}:2.0.0\n`, { policies })[0]?.writes, `${IMAGE}:1.1.0`)
  })

  it('other images, and files that no policy writes to', () => {
    assert.deepEqual(outcomes('image: ghcr.io/org/other:1.0.0\n'), [])
    const policies = [policy('app', IMAGE, { writesTo: fileMatcher(['staging/**']) })]
    assert.deepEqual(outcomes(`image: ${IMAGE}:1.0.0\n`, { policies }), [])
    assert.deepEqual(outcomes(`image: ${IMAGE}:1.0.0 # tidemark: app\n`, { policies }), [])
  })
})

describe('judge: ownership', () => {
  const both = [policy('app', IMAGE), policy('team/app', IMAGE)]

  it('where nothing is written anyway, nobody has to decide', () => {
    const lines = [`${IMAGE}`, `${IMAGE}:1.0.0 # tidemark: ignore`, `${IMAGE}:1.0.0 # tidemark: hold leaks`]
    for (const line of lines) {
      const { places } = judged(`image: ${line}\n`, { policies: both })
      assert.deepEqual(
        places.map((place) => [place.policy, place.state, place.edit]),
        [
          ['app', 'held', undefined],
          ['team/app', 'held', undefined],
        ],
        line,
      )
    }
  })

  it('two policies that claim one place are an error that names both', () => {
    const { places, unplaced } = judged(`image: ${IMAGE}:1.0.0\n`, { policies: both })
    const reason = 'claimed by the policies "app" and "team/app": a marker can decide'
    assert.deepEqual(
      places.map((place) => [place.policy, place.state, place.reason, place.edit]),
      [
        ['app', 'failing', reason, undefined],
        ['team/app', 'failing', reason, undefined],
      ],
    )
    assert.deepEqual(unplaced, [])
  })

  it('a marker decides', () => {
    const named = (marker: string) =>
      judged(`image: ${IMAGE}:1.0.0 # ${marker}\n`, { policies: both }).places.map((place) => place.policy)
    assert.deepEqual(named('tidemark: app'), ['app'])
    assert.deepEqual(named('{"$imagepolicy": "team:app"}'), ['team/app'])
    assert.deepEqual(named('{"$imagepolicy": "other:app"}'), ['app'])
  })

  it('a marker that names no policy is a warning, and the value stays', () => {
    const { places, warnings } = judged(`a: 1\nimage: ${IMAGE}:1.0.0 # tidemark: apq\n`)
    assert.deepEqual(places, [])
    assert.deepEqual(warnings, [
      { file: 'apps/app.yaml', line: 2, message: 'marker names the policy "apq", which does not exist' },
    ])
  })

  it('a marker that names a policy of another branch is left to it', () => {
    const { places, warnings } = judged(`image: ${IMAGE}:1.0.0 # tidemark: prod\n`, { others: ['prod'] })
    assert.deepEqual([places, warnings], [[], []])
  })

  it('a policy without any place is told', () => {
    assert.deepEqual(judged('kind: Namespace\n').unplaced, ['app'])
    assert.deepEqual(judged(`image: ${IMAGE}:1.0.0\n`).unplaced, [])
  })
})
