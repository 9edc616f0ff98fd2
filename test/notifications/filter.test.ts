import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../../src/jobs/notices.js'
import type { Wishes } from '../../src/notifications/destination.js'
import { type Concern, matches, wantedOf } from '../../src/notifications/filter.js'
import { change, held, pollFailed, updated } from './notices.js'

const PATTERNS: readonly [text: string, pattern: string, expected: boolean][] = [
  ['podinfo', 'podinfo', true],
  ['podinfo', 'podinf', false],
  ['podinfo', '*', true],
  ['team-a/web', 'team-a/*', true],
  ['team-a/x/web', 'team-a/*/web', true],
  ['team-b/web', 'team-a/*', false],
  ['ab', 'a*b', true],
  ['a', 'a*a', false],
  ['abcabc', '*bc*c', true],
  ['abc', '*b*bc', false],
  ['a.b', 'a?b', false],
]

for (const [text, pattern, expected] of PATTERNS) {
  test(`${text} is ${expected ? '' : 'not '}what ${pattern} says`, () => assert.equal(matches(text, pattern), expected))
}

const ALL: Wishes = { name: 'a', on: ['updated', 'failed', 'held', 'config-refused'], intervalMs: 0 }
const WEB: Concern = { policies: ['web'], git: ['fleet'] }
const refused: Notice = { type: 'config-refused', at: 0, reason: 'line 1' }

const WISHES: readonly [
  title: string,
  notice: Notice,
  concern: Concern | undefined,
  wishes: Partial<Wishes>,
  wanted: boolean,
][] = [
  ['all', held('web'), WEB, {}, true],
  ['another kind', held('web'), WEB, { on: ['updated'] }, false],
  ['its policy', held('web'), WEB, { policies: ['w*'] }, true],
  ['another policy', held('web'), WEB, { policies: ['api', 'web-*'] }, false],
  ['its repository', held('web'), WEB, { git: ['infra', 'fleet'] }, true],
  ['another repository', held('web'), WEB, { git: ['infra'] }, false],
  ['another repository of a poll', pollFailed('ghcr.io/acme/web'), { ...WEB, git: [] }, { git: ['fleet'] }, false],
  ['what concerns everybody', refused, undefined, { git: ['infra'], policies: ['api'] }, true],
]

for (const [title, notice, concern, wishes, wanted] of WISHES) {
  test(`${wanted ? 'tells' : 'does not tell'} who wants ${title}`, () => {
    assert.equal(wantedOf(notice, concern, { ...ALL, ...wishes }), wanted ? notice : undefined)
  })
}

test('tells of a commit only what is wanted of it', () => {
  const notice = updated({ changes: [change('web'), change('api')], omitted: 3 })
  const concern = { policies: ['web', 'api'], git: ['fleet'] }
  const wanted = wantedOf(notice, concern, { ...ALL, policies: ['api'] })
  assert.deepEqual(wanted, { ...notice, changes: [change('api')], omitted: undefined })
  assert.equal(wantedOf(notice, concern, { ...ALL, policies: ['db'] }), undefined)
})
