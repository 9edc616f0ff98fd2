import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlaceStatus, PolicyStatus } from '../../../src/status/status.js'
import type { FormState } from '../../../src/web/page/policy-forms.js'
import { policyPage } from '../../../src/web/page/policy-page.js'
import { madeUpPolicy, NOW } from './made-up-status.js'

const READER = { operates: false, hasOperations: true }
const OPERATOR = { csrf: 'of-the-session', operates: true, hasOperations: true }
const PLACE: PlaceStatus = {
  git: 'fleet',
  branch: 'main',
  file: 'apps/a.yaml',
  line: 7,
  current: '1.4.2',
  desired: '1.5.0',
  state: 'pending',
  reason: 'known for 3 h of 24 h',
  until: NOW + 21 * 3_600_000,
}

function shown(
  more: Partial<PolicyStatus> = {},
  viewer: Parameters<typeof policyPage>[0]['viewer'] = READER,
  form: FormState = {},
): string {
  const policy = { ...madeUpPolicy('team/a'), placesFound: [], history: [], holds: [], ...more }
  return String(policyPage({ policy, now: NOW, viewer, form }))
}

const textOf = (page: string) => page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

test('shows what is to be written, and only that', () => {
  const current: PlaceStatus = { ...PLACE, file: 'apps/b.yaml', current: '1.5.0', state: 'current', reason: 'has it' }
  const held: PlaceStatus = { ...PLACE, file: 'apps/c.yaml', state: 'held', reason: 'held: see #1' }
  const unknown: PlaceStatus = { ...PLACE, file: 'apps/d.yaml', desired: null }
  const page = shown({ placesFound: [PLACE, current, held, unknown], places: 4 })
  const [, diff = ''] = /<div class="diff">([\s\S]*?)<\/section>/.exec(page) ?? []
  assert.equal(textOf(diff).trim(), 'fleet: apps/a.yaml:7 from 1.4.2 to 1.5.0')
  assert.match(textOf(page), /waits known for 3 h of 24 h over in 21 h/)
  assert.match(textOf(page), /held see #1/)
  assert.doesNotMatch(shown({ placesFound: [current] }), /class="diff"/)
})

test('shows tags with their verdicts, or why there are none', () => {
  const tags = [
    {
      tag: '1.5.0',
      verdict: 'selected',
      reason: 'the highest',
      seenSince: NOW - 3_600_000,
      digest: `sha256:${'0'.repeat(64)}`,
    },
    { tag: 'latest', verdict: 'rejected', reason: 'is <no> version' },
  ] as const
  const text = textOf(shown({ tags, tagsLeftOut: 3_000 }))
  assert.match(text, /1\.5\.0 selected the highest sha256:000000000000… 1 h ago/)
  assert.match(text, /latest rejected is &lt;no&gt; version/)
  assert.match(text, /and 3,000 more tags/)
  assert.match(textOf(shown({ tagsError: 'HTTP 503' })), /Tags HTTP 503/)
  assert.match(textOf(shown({ tags: [] })), /The repository has no tag\./)
})

test('shows what became of it, without the thousandth change', () => {
  const change = { policy: 'a', file: 'a.yaml', line: 1, from: '1', to: '2' }
  const commit = {
    git: 'fleet',
    branch: 'main',
    oid: 'f00dfeed'.repeat(5),
    at: NOW - 60_000,
    subject: 'Update <a>',
    changes: Array(25).fill(change),
  }
  assert.match(textOf(shown({ history: [commit] })), /Update &lt;a&gt; f00dfeed on fleet main, 1 min ago .*and 5 more/)
})

test('lets operators order, and tells others why they may not', () => {
  const holds = [{ tag: '1.5.0', reason: 'leaks', at: NOW - 60_000, until: NOW + 3_600_000 }]
  const page = shown({ holds }, OPERATOR)
  for (const action of ['poll', 'hold', 'release']) {
    assert.match(page, new RegExp(`<form[^>]* action="/policies/team%2Fa/${action}">[^]*?value="of-the-session"`))
  }
  assert.match(textOf(page), /1\.5\.0 : leaks set 1 min ago , over in 1 h Release 1\.5\.0/)

  const cases: [viewer: Parameters<typeof policyPage>[0]['viewer'], words: RegExp][] = [
    [READER, /<a href="\/login\?next=%2Fpolicies%2Fteam%252Fa">Log in<\/a>/],
    [{ ...READER, csrf: 'x' }, /Log in with the admin token/],
    [{ ...READER, hasOperations: false }, /<code>server\.adminToken<\/code>/],
  ]
  for (const [viewer, words] of cases) {
    const own = shown({ holds }, viewer)
    assert.match(own, words)
    assert.doesNotMatch(own, /method="post"/)
  }
})

test('offers to release what somebody took back, which is no hold of its own', () => {
  const releases = (more: Partial<PolicyStatus>) => shown(more, OPERATOR).includes('/release"')
  assert.equal(releases({ state: 'held' }), true)
  assert.equal(releases({ state: 'held', places: 0 }), false)
  assert.equal(releases({ state: 'current' }), false)
})

test('gives a refused form back as it was filled in', () => {
  const page = shown({}, OPERATOR, { error: 'Cannot hold: "no"', tag: '1"', reason: 'x', until: 'soon' })
  assert.match(page, /role="alert" id="form-error">Cannot hold: &quot;no&quot;</)
  assert.match(page, /<details open>/)
  assert.match(page, /name="tag" value="1&quot;"/)
  assert.match(page, /name="until" value="soon"/)
})
