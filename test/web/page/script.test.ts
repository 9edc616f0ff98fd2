import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { PolicySummary } from '../../../src/status/status.js'
import { type Browser, startBrowser } from '../../parts/browser.js'
import { eventually } from '../../parts/eventually.js'
import { madeUpOverview, madeUpPolicy, NOW } from './made-up-status.js'
import { READ_TOKEN, startedPage } from './started-page.js'

let browser: Browser
before(async () => {
  browser = await startBrowser()
})
after(() => browser?.stop())

async function livePage(t: TestContext, policies: readonly PolicySummary[]) {
  const started = await startedPage(t)
  started.status.shown = madeUpOverview(policies)
  const { page, errors } = await browser.page()
  t.after(() => page.context().close())
  await page.goto(started.web.url)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.evaluate(`document.querySelectorAll('tbody tr').forEach((row) => { row.isOld = true })`)
  const show = (next: readonly PolicySummary[]) => {
    started.status.shown = madeUpOverview(next)
    started.status.change()
  }
  return { ...started, page, errors, show }
}

const named = (names: string) => [...names].map((name) => madeUpPolicy(name))

const COMMIT = { git: 'fleet', branch: 'main', oid: 'f00d', at: NOW, changes: [] }

/** The names of the rows in their order, those that are new in upper case. */
function rowsOf(page: Page): Promise<string> {
  return page.evaluate(
    `[...document.querySelectorAll('tbody tr')].map(({ dataset, isOld }) => isOld ? dataset.key : dataset.key.toUpperCase()).join('')`,
  )
}

test('changes rows in place, whichever come, go and move', async (t) => {
  const { page, errors, show } = await livePage(t, named('bdfh'))
  const failing = (name: string) => madeUpPolicy(name, { state: 'failing', reason: 'HTTP 500' })
  const cases: [next: readonly PolicySummary[], rows: string][] = [
    [named('abcdfghi'), 'AbCdfGhI'],
    [[...named('bdf'), failing('h')], 'hbdf'],
    [[madeUpPolicy('b'), failing('d'), failing('f'), madeUpPolicy('h')], 'dfbh'],
    [named('bhx'), 'bhX'],
  ]
  for (const [next, rows] of cases) {
    show(next)
    await eventually(rows, async () => (await rowsOf(page)) === rows)
  }
  assert.equal(await page.title(), 'All 3 policies follow · Tidemark')
  assert.deepEqual(errors, [])
})

test('keeps apart what stands twice in one line', async (t) => {
  const { web, status, page } = await livePage(t, named('a'))
  const place = {
    git: 'fleet',
    branch: 'main',
    file: 'a.yaml',
    line: 1,
    current: '1.0',
    desired: '1.0',
    reason: 'has 1.0',
  }
  const placesOf = (count: number) => Array.from({ length: count }, () => ({ ...place, state: 'current' as const }))
  status.details = { placesFound: placesOf(2) }
  await page.goto(`${web.url}/policies/a`)
  await page.getByText('Live', { exact: true }).waitFor()
  for (const count of [2, 3, 1]) {
    status.details = { placesFound: placesOf(count), history: [{ ...COMMIT, subject: `${count} places` }] }
    status.change()
    await page.getByText(`${count} places`).waitFor()
    assert.equal(await page.locator('tbody tr').count(), count)
  }
})

test('keeps the focus and the scroll position while rows change above', async (t) => {
  const many = Array.from({ length: 80 }, (_, index) => madeUpPolicy(`p${100 + index}`))
  const { page, show } = await livePage(t, many)
  await page.getByRole('link', { name: 'p170', exact: true }).focus()
  await page.evaluate('scrollTo(0, 2000)')
  show(many.map((policy) => (policy.name === 'p105' ? { ...policy, state: 'held', reason: 'see #1' } : policy)))
  await page.getByText('see #1').waitFor()
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'p170')
  assert.ok(Number(await page.evaluate('scrollY')) > 1_900)
})

test('asks at most every two seconds, however much changes', async (t) => {
  const { page, status } = await livePage(t, named('ab'))
  const askedAt: number[] = []
  page.on('request', () => askedAt.push(Date.now()))
  await eventually('it asked twice', () => {
    status.change()
    return askedAt.length >= 2
  })
  const [first = 0, second = 0] = askedAt
  // The browser's clock, and ours, which hears of it later.
  assert.ok(second - first > 1_500, `${second - first} ms`)
})

test('says that the service is away, and comes back by itself', async (t) => {
  const { page, status, show } = await livePage(t, named('a'))
  const { overview } = status
  status.overview = () => Promise.reject(new Error('broken'))
  status.change()
  await page.getByText('Out of reach').waitFor()
  assert.equal(await rowsOf(page), 'a')
  status.overview = overview
  show(named('ab'))
  await page.getByText('Live', { exact: true }).waitFor()
  assert.equal(await rowsOf(page), 'aB')
})

test('leads to the login once the session is over', async (t) => {
  const { web, status, logIn, submit, get } = await startedPage(t, { readToken: READ_TOKEN })
  const cookie = await logIn(READ_TOKEN)
  const { page } = await browser.page()
  t.after(() => page.context().close())
  const [name = '', value = ''] = cookie.split('=')
  await page.context().addCookies([{ name, value, url: web.url }])
  await page.goto(`${web.url}/queues`)
  await page.getByText('Live', { exact: true }).waitFor()
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await (await get('/', cookie)).text()) ?? []
  await submit('/logout', { csrf }, cookie)
  status.change()
  await page.getByText('Reconnecting').waitFor()
  // What the page does twice a minute, and as soon as somebody looks at it again.
  await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
  await page.getByLabel('Token').waitFor()
  assert.equal(new URL(page.url()).search, '?next=%2Fqueues')
})
