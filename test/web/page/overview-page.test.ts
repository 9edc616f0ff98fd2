import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyState } from '../../../src/status/status.js'
import { glance, overviewPage } from '../../../src/web/page/overview-page.js'
import { madeUpOverview, madeUpPolicy, NOW } from './made-up-status.js'

const ALL = { text: '', page: 1 }

test('says how it is in one sentence', () => {
  const cases: [states: string, sentence: string][] = [
    ['', 'Nothing to follow yet'],
    ['current', 'The one policy follows'],
    ['current current', 'All 2 policies follow'],
    ['failing', 'Of 1 policy, 1 fails'],
    ['current held failing failing pending', 'Of 5 policies, 2 fail, 1 is held and 1 waits'],
    ['current watched unknown unknown', 'Of 4 policies, 1 follows, 1 is only watched and 2 have not been seen yet'],
  ]
  for (const [states, sentence] of cases) {
    const policies = states
      .split(' ')
      .filter(Boolean)
      .map((state, index) => madeUpPolicy(`p${index}`, { state: state as PolicyState }))
    assert.equal(glance(madeUpOverview(policies).counts), sentence)
  }
})

test('shows numbers that filter, and takes the filter back with the chosen one', () => {
  const overview = madeUpOverview([madeUpPolicy('a'), madeUpPolicy('b', { state: 'held' })])
  const page = String(overviewPage(overview, { text: 'x&y', state: 'held', page: 1 }))
  assert.match(page, /<a class="tile current" href="\/\?q=x%26y&amp;state=current">\s*<span class="count">1</)
  assert.match(page, /<a class="tile held" href="\/\?q=x%26y" aria-current="true">/)
  assert.match(page, /<a class="tile failing none" href/)
  assert.doesNotMatch(page, /class="tile (watched|unknown)/)
  assert.match(page, /name="q" value="x&amp;y"/)
  assert.match(page, />0 of 2</)
  assert.match(page, /No policy is like that\./)
})

test('shows one value where Git has what is selected, and both where it has not', () => {
  const digest = `sha256:${'ab'.repeat(32)}`
  const cases: [current: string[], selected: string[], places: number, text: string][] = [
    [['1.0'], ['1.0'], 2, '1.0'],
    [[`1.0@${digest}`], ['1.0'], 1, '1.0@sha256:abababababab…'],
    [['1.0'], ['1.1'], 1, '1.0 → 1.1'],
    [['1.0', '1.1'], ['1.1'], 2, '1.0, 1.1 → 1.1'],
    [['1', '2', '3', '4', '5'], ['5'], 5, '1, 2, 3 and 2 more → 5'],
    [['1.0'], [], 1, '1.0 → nothing'],
    [[], ['1.0'], 0, '1.0'],
    [[], [], 0, 'nothing'],
  ]
  for (const [current, selected, places, text] of cases) {
    const page = String(overviewPage(madeUpOverview([madeUpPolicy('a', { current, selected, places })]), ALL))
    const [, cell = ''] = /data-title="In Git → selected">([\s\S]*?)<\/td>/.exec(page) ?? []
    assert.equal(cell.replace(/<[^>]*>/g, '').trim(), text)
  }
})

test('links a commit only where the link leads to a browser', () => {
  const commit = {
    git: 'fleet',
    branch: 'main',
    oid: 'f00dfeed'.repeat(5),
    at: NOW,
    subject: 'Update "a"',
    changes: [],
  }
  const shown = (url: string) =>
    String(overviewPage(madeUpOverview([madeUpPolicy('a', { lastCommit: { ...commit, url } })]), ALL))
  assert.match(
    shown('https://git.example.com/c/1?a&b'),
    /<a href="https:\/\/git\.example\.com\/c\/1\?a&amp;b" title="Update &quot;a&quot;"/,
  )
  assert.doesNotMatch(shown('javascript:alert(1)'), /javascript/)
})

test('tells what registries, branches and queues are about, and warns', () => {
  const push = { git: 'fleet', branch: 'main', oid: 'f00d', at: NOW - 60_000, subject: 'Update', changes: [] }
  const page = String(
    overviewPage(
      madeUpOverview([], {
        registries: [
          { host: 'a', repositories: 2, failing: 1, restUntil: NOW + 1 },
          { host: 'b', repositories: 1, failing: 0, restUntil: NOW },
        ],
        branches: [{ git: 'fleet', branch: 'main', retries: 0, lastPush: push }],
        queues: [{ name: 'polls', waiting: 1_200, active: 3, delayed: 5, failed: 0 }],
        warnings: ['<one>', 'two', 'three', 'four'],
      }),
      ALL,
    ),
  )
  const text = page.replace(/<[^>]*>/g, '')
  for (const words of [
    '2 registries 1 with failures, 1 left alone',
    '1 branch pushed 1 min ago',
    '1 queue 1,203 in hand',
    '4 warnings of the policy file',
    '&lt;one&gt;',
  ]) {
    assert.ok(text.includes(words), words)
  }
  assert.match(page, /<details class="warnings">/)
})

test('warns of a registry that is away, and not of a repository that is not there', () => {
  const cases: [failing: number, restUntil: number, isBad: boolean][] = [
    [0, NOW, false],
    [1, NOW, false],
    [3, NOW, true],
    [1, NOW + 1, true],
  ]
  for (const [failing, restUntil, isBad] of cases) {
    const registries = [{ host: 'a', repositories: 3, failing, restUntil }]
    const page = String(overviewPage(madeUpOverview([], { registries }), ALL))
    assert.equal(/href="\/registries" class="bad"/.test(page), isBad)
  }
})

test('draws ten thousand policies within the blink of an eye', () => {
  const policies = Array.from({ length: 10_000 }, (_, index) => madeUpPolicy(`policy-${10_000 + index}`))
  const overview = madeUpOverview(policies)
  const page = () => String(overviewPage(overview, { text: 'policy-1', page: 7 }))
  assert.match(page(), /601 to 700 of 10,000/)
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    page()
    return performance.now() - start
  })
  assert.ok(Math.min(...times) < 50, `${times}`)
})
