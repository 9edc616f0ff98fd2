import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfiguration } from '../src/config/load.js'
import { createMetrics } from '../src/telemetry/metrics.js'
import { OBSTACLES } from '../src/updaters/judgement.js'
import { removeFolder, temporaryFolder } from './parts/folder.js'
import { writePolicyFile } from './parts/tidemark.js'

const read = (file: string) => readFileSync(file, 'utf8')
const pages = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
]

/** The code blocks of a page in one language. */
function blocks(file: string, language: string): readonly string[] {
  return [...read(file).matchAll(/^```(\S+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , code = '']) => code)
}

describe('docs', () => {
  for (const page of pages) {
    it(`${page} links to what exists`, () => {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target = '']) => target)
      for (const link of links) assert.ok(existsSync(join(dirname(page), link)), link)
    })
  }

  it('the policy file of the README has eight lines and is valid', async () => {
    const file = blocks('README.md', 'yaml').find((block) => block.includes('policies:')) ?? ''
    assert.equal(file.trim().split('\n').length, 8)
    const folder = await temporaryFolder('readme')
    const path = await writePolicyFile(folder, file)
    const { policies, warnings } = await loadConfiguration([path], { env: { GIT_TOKEN: 'made-up' } })
    await removeFolder(folder)
    assert.deepEqual([policies.map(({ name }) => name), warnings], [['podinfo'], []])
  })

  it('what configuration shows of "write" is valid', async () => {
    const write = blocks('docs/configuration.md', 'yaml').find((block) => block.startsWith('write:')) ?? ''
    const policy = `image: app\nselect: { semver: '*' }\n${write}`.trim().replaceAll('\n', '\n    ')
    const folder = await temporaryFolder('write')
    const path = await writePolicyFile(folder, `git: { fleet: { url: /fleet } }\npolicies:\n  app:\n    ${policy}\n`)
    const { policies } = await loadConfiguration([path], { env: {} })
    await removeFolder(folder)
    assert.deepEqual(policies[0]?.write[1]?.paths, ['web.version', 'sidecars[*].image'])
  })

  it('the npm commands that pages name exist', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm (?:run )?([a-z]+)/g)].map(([, name = '']) => name),
    )
    assert.ok(named.includes('demo') && named.includes('test'))
    for (const name of named) assert.ok(name === 'ci' || name === 'packages' || name in scripts, name)
  })

  it('the metrics that operations names are those that are served, and all of them', async () => {
    const served = (await createMetrics('1').registry.getMetricsAsJSON()).map(({ name }) => name)
    const named = [...read('docs/operations.md').matchAll(/`(tidemark_[a-z_]+)/g)].map(([, name = '']) => name)
    assert.deepEqual([...new Set(named)].sort(), served.filter((name) => name.startsWith('tidemark_')).sort())
  })

  it('the reasons to wait that operations explains are those that are counted', () => {
    const [, table = ''] = read('docs/operations.md').split('| reason | what to do |')
    const rows = table.slice(0, table.indexOf('\n\n')).matchAll(/^\| (`.+?`) \|/gm)
    const explained = [...rows].flatMap(([, names = '']) => names.replaceAll('`', '').split(', '))
    const counted = OBSTACLES.filter((name) => name !== 'ignored' && name !== 'untagged')
    assert.deepEqual([...explained].sort(), [...counted].sort())
  })

  it('the folders that CONTRIBUTING names exist', () => {
    for (const [, path = ''] of read('CONTRIBUTING.md').matchAll(/`((?:src|test)\/[a-z./0-9-]+)`/g)) {
      assert.ok(existsSync(path), path)
    }
  })
})
