import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Browser, startBrowser } from '../parts/browser.js'
import { eventually } from '../parts/eventually.js'
import { log, readFileAt } from '../parts/git-server.js'
import { pushImage, pushTags } from '../parts/image.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const ADMIN_TOKEN = 'a-made-up-token-to-operate'

let stage: Stage
let browser: Browser
let fleet: Fleet
let url: string
before(async () => {
  stage = await setStage()
  browser = await startBrowser()
  await pushTags(stage.registry, 'page/app', ['1.0.0', '1.1.0', 'latest'])
  await pushTags(stage.registry, 'page/lamp', ['2.0.0'])
  const [app, lamp, bell] = [stage.image('page/app'), stage.image('page/lamp'), stage.image('page/bell')]
  fleet = await stage.fleet(
    'page',
    { 'apps/app.yaml': `image: ${app}:1.0.0\n`, 'apps/lamp.yaml': `image: ${lamp}:2.0.0\n` },
    {
      app: policy(app, '1.x'),
      lamp: policy(lamp, '2.x'),
      // Nobody has pushed it.
      bell: { image: bell, interval: '1h', select: { semver: '*' } },
    },
    { server: { port: stage.port, adminToken: ADMIN_TOKEN } },
  )
  url = (await stage.start('--config', fleet.config)).url
  await eventually('the first update', async () => (await log(fleet.path, 'main')).length === 2)
})
after(async () => {
  await browser?.stop()
  await stage?.stop()
})

/** What the row of a policy says. */
const row = (name: string) => `tr[data-key="${name}"]`

describe('the status page', () => {
  it('is live: what becomes of a pushed tag is seen without loading anything again', async () => {
    const { page, errors, picture } = await browser.page()
    await page.goto(url)
    const app = page.locator(row('app'))
    await app.getByText('follows').waitFor()
    assert.match(await app.innerText(), /1\.1\.0[\s\S]*follows[\s\S]*(ago|just now)/)
    await page.locator(row('bell')).getByText('fails').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()

    // What somebody does meanwhile stays: where they are, and that nothing was loaded.
    await page.evaluate('globalThis.isSamePage = true')
    await app.getByRole('link', { name: 'app', exact: true }).focus()
    await pushImage(stage.registry, 'page/app', '1.2.0')
    await app.getByText('1.2.0').first().waitFor()
    await app.getByText('follows').waitFor()
    assert.equal(await page.evaluate('globalThis.isSamePage'), true)
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'app')
    assert.equal(
      (await readFileAt(fleet.path, 'main', 'apps/app.yaml')).toString(),
      `image: ${stage.image('page/app')}:1.2.0\n`,
    )
    await picture('live')
    assert.deepEqual(errors, [])
  })

  it('finds while somebody types, and counts as filters', async () => {
    const { page, errors } = await browser.page()
    await page.goto(url)
    await page.getByLabel('Name or image').pressSequentially('lam')
    await page.getByText('1 of 3').waitFor()
    assert.equal(await page.locator('tbody tr').count(), 1)
    assert.equal(await page.getByLabel('Name or image').inputValue(), 'lam')
    assert.equal(new URL(page.url()).search, '?q=lam')

    await page.goto(url)
    await page.getByRole('link', { name: '1 fail', exact: true }).click()
    await page.locator(row('bell')).waitFor()
    assert.equal(await page.locator('tbody tr').count(), 1)
    assert.deepEqual(errors, [])
  })

  it('lets an operator hold and release, and the branch follows', async () => {
    const { page, errors, picture } = await browser.page()
    await page.goto(`${url}/policies/lamp`)
    await page.getByRole('link', { name: 'Log in' }).last().click()
    await page.getByLabel('Token').fill('a wrong one')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Token').fill(ADMIN_TOKEN)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL('**/policies/lamp')

    await page.locator('summary').click()
    await page.getByLabel('Tag', { exact: true }).fill('2.1.0')
    await page.getByLabel('Reason').fill('memory leak, #4711')
    await page.getByLabel('Until').fill('a full moon')
    await page.getByRole('button', { name: 'Hold', exact: true }).click()
    assert.match(await page.getByRole('alert').innerText(), /Cannot hold until then/)
    assert.equal(await page.getByLabel('Reason').inputValue(), 'memory leak, #4711')
    await page.getByLabel('Until').fill('2h')
    await page.getByRole('button', { name: 'Hold', exact: true }).click()
    await page.getByText('It is held from now on.').waitFor()
    await page.getByText('memory leak, #4711').first().waitFor()

    await pushImage(stage.registry, 'page/lamp', '2.1.0')
    await page.locator('.verdict').getByText('held').waitFor()
    assert.equal(
      (await readFileAt(fleet.path, 'main', 'apps/lamp.yaml')).toString(),
      `image: ${stage.image('page/lamp')}:2.0.0\n`,
    )
    await picture('held')

    await page.getByRole('button', { name: 'Release 2.1.0' }).click()
    await page.getByText('It is released').waitFor()
    await page.locator('.verdict').getByText('follows').waitFor()
    assert.equal(
      (await readFileAt(fleet.path, 'main', 'apps/lamp.yaml')).toString(),
      `image: ${stage.image('page/lamp')}:2.1.0\n`,
    )

    await page.getByRole('button', { name: 'Poll now' }).click()
    await page.getByText('A look at the repository is ordered.').waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('link', { name: 'Log in' }).waitFor()
    // Chromium says each refused form on its console.
    assert.deepEqual(
      errors.filter((text) => !/40[13]|422/.test(text)),
      [],
    )
  })

  it('leaves a form alone that somebody fills in, and an open part', async () => {
    const { page } = await browser.page()
    await page.goto(`${url}/login?next=/policies/app`)
    await page.getByLabel('Token').fill(ADMIN_TOKEN)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.locator('summary').click()
    await page.getByLabel('Reason').fill('half a rea')
    await pushImage(stage.registry, 'page/app', '1.3.0')
    await page.locator('.facts').getByText('1.3.0').first().waitFor()
    assert.equal(await page.getByLabel('Reason').inputValue(), 'half a rea')
    assert.equal(await page.evaluate('document.activeElement.id'), 'hold-reason')
  })

  it('reads without scripts', async () => {
    const { page, errors } = await browser.page({ javaScriptEnabled: false })
    await page.goto(url)
    await page.getByText('Reload for news').waitFor()
    await page.getByLabel('Name or image').fill('app')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.locator(row('app')).getByRole('link', { name: 'app', exact: true }).click()
    await page.getByRole('heading', { name: 'app', level: 1 }).waitFor()
    assert.match(await page.locator('main').innerText(), /1\.0\.0 → 1\.1\.0/)
    for (const name of ['Registries', 'Branches', 'Queues']) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
      await page.locator('tbody tr').first().waitFor()
    }
    assert.deepEqual(errors, [])
  })

  const WALL = { width: 1920, height: 1080 }
  const TELEPHONE = { width: 390, height: 844 }
  const PAGES = ['/', '/policies/app', '/registries', '/branches', '/queues', '/login', '/?q=none']
  const looks: [looks: string, viewport: typeof WALL, colorScheme: 'light' | 'dark', paths: readonly string[]][] = [
    ['on a wall', WALL, 'light', PAGES],
    ['in the dark', WALL, 'dark', PAGES],
    ['on a telephone', TELEPHONE, 'light', ['/', '/policies/app']],
  ]
  for (const [name, viewport, colorScheme, paths] of looks) {
    it(`is there for everybody, ${name}`, async () => {
      const { page, errors, violations, picture } = await browser.page({ colorScheme, viewport })
      for (const path of paths) {
        await page.goto(url + path)
        assert.deepEqual(await violations(), [], path)
        const isWider = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
        assert.equal(await page.evaluate(isWider), false, path)
        await picture(`${name} ${path}`.replaceAll(/\W+/g, '-'))
      }
      assert.deepEqual(errors, [])
    })
  }

  it('tells what is not there for everybody', async () => {
    const { page, violations } = await browser.page()
    await page.setContent('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>')
    assert.match((await violations()).join(), /^critical image-alt: <img/)
  })

  it('can be used by keyboard alone', async () => {
    const { page } = await browser.page()
    await page.goto(url)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'main')
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab')
      if ((await page.evaluate('document.activeElement.textContent')) === 'lamp') break
    }
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'lamp', level: 1 }).waitFor()
  })
})
