import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Explanation } from '../../src/commands/explanation.js'
import { eventually } from '../parts/eventually.js'
import { commitFiles, readFileAt } from '../parts/git-server.js'
import { pushImage } from '../parts/image.js'
import { tidemark } from '../parts/tidemark.js'
import { type Fleet, type Stage, setStage } from './stage.js'

const DAY = 86_400_000
const dayIn = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)

let stage: Stage
let fleet: Fleet
let first: Sync

interface Sync {
  readonly commits: readonly { readonly changes: readonly Change[] }[]
  readonly pending: readonly { readonly policy: string; readonly file: string; readonly reason: string }[]
  readonly failures: readonly object[]
}

interface Change {
  readonly policy: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const run = (...args: readonly string[]) => tidemark([...args, '--config', fleet.config])
const content = async (file: string) => (await readFileAt(fleet.path, 'main', file)).toString()

async function sync(): Promise<Sync> {
  const { stdout, stderr } = await run('sync', '--output', 'json')
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

/** Every policy's explanation, by name. */
async function explained(...args: readonly string[]): Promise<Readonly<Record<string, Explanation>>> {
  const { stdout } = await run('explain', '--output', 'json', ...args)
  const { policies }: { readonly policies: readonly Explanation[] } = JSON.parse(stdout)
  return Object.fromEntries(policies.map((one) => [one.policy, one]))
}

/** Pushes one image for each tag, such as `1.1.0` or `1.1.0 linux/arm64,linux/amd64`, and returns their digests. */
async function push(repository: string, ...tags: readonly string[]): Promise<readonly string[]> {
  const digests: string[] = []
  for (const [index, text] of tags.entries()) {
    const [tag = '', platforms] = text.split(' ')
    const annotations = { 'org.opencontainers.image.created': `2026-11-0${index + 1}T00:00:00Z` }
    const options = { annotations, ...(platforms && { platforms: platforms.split(',') }), text: `${repository}:${tag}` }
    digests.push((await pushImage(stage.registry, repository, tag, options)).digest)
  }
  return digests
}

const at = (image: string, ...tags: readonly string[]) =>
  tags.map((tag) => `- image: ${stage.image(image)}:${tag}\n`).join('')

function policies(): Readonly<Record<string, object>> {
  const of = (image: string, files: string, more: object) => ({
    image: stage.image(image),
    select: { semver: '*' },
    write: [{ git: 'fleet', files: [files] }],
    ...more,
  })
  const platforms = ['linux/amd64', 'linux/arm64']
  return {
    strict: of('team/platforms', 'strict.yaml', { require: { platforms } }),
    lenient: of('team/platforms', 'lenient.yaml', { require: { platforms }, fallback: true }),
    'one-platform': of('team/platforms', 'one-platform.yaml', { require: { platforms: ['linux/amd64'] } }),
    aged: of('team/app', 'aged.yaml', { require: { minimumAge: '24h' } }),
    held: of('team/app', 'held.yaml', { holds: [{ tag: '1.1.0', reason: 'leaks, #4711', until: dayIn(10) }] }),
    frozen: of('team/app', 'frozen.yaml', { window: { freeze: [`${dayIn(-2)}/${dayIn(8)}`] } }),
    staging: of('team/app', 'staging.yaml', {}),
    prod: of('team/app', 'prod.yaml', { after: { policy: 'staging', soak: '1h' } }),
    canary: of('team/app', 'canary.yaml', { after: { policy: 'staging', soak: '1s' } }),
    same: of('team/majors', 'same.yaml', { select: { same: 'major' } }),
    like: of('team/majors', 'like.yaml', { select: { like: 'current' } }),
    follow: of('team/follow', 'follow.yaml', { select: { digest: 'latest' } }),
    newest: of('team/newest', 'newest.yaml', { select: { newest: 'created' } }),
    older: of('team/newest', 'older.yaml', { select: { newest: 'created' }, tags: { exclude: ['mango'] } }),
    pin: of('team/app', 'pin/**', { digest: 'pin' }),
  }
}

before(async () => {
  stage = await setStage()
  const both = 'linux/amd64,linux/arm64'
  await Promise.all([
    push('team/platforms', `1.0.0 ${both}`, `1.1.0 ${both}`, '1.2.0'),
    push('team/app', '1.0.0', '1.1.0'),
    push('team/majors', '1.0.0', '1.4.0', '2.0.0', '2.3.0', '2.3.0-alpine', '2.4', '20.04.1-alpine'),
    push('team/follow', 'latest'),
    push('team/newest', 'zebra', 'apple', 'mango'),
  ])
  const app = stage.image('team/app')
  const files = Object.fromEntries(
    ['aged', 'held', 'frozen', 'staging', 'prod', 'canary'].map((name) => [`${name}.yaml`, at('team/app', '1.0.0')]),
  )
  fleet = await stage.fleet(
    'choosing',
    {
      ...files,
      'strict.yaml': at('team/platforms', '1.0.0'),
      'lenient.yaml': at('team/platforms', '1.0.0'),
      'one-platform.yaml': at('team/platforms', '1.0.0'),
      'same.yaml': `${at('team/majors', '1.0.0', '2.0.0')}- image: ${stage.image('team/majors')}:1.0.0 # tidemark: ignore\n`,
      'like.yaml': at('team/majors', '1.0.0-alpine', '2.0.0'),
      'follow.yaml': at('team/follow', 'latest'),
      'newest.yaml': at('team/newest', 'zebra'),
      'older.yaml': at('team/newest', 'mango', 'zebra'),
      'pin/reference.yaml': at('team/app', '1.0.0'),
      'pin/values.yaml': `image:\n  repository: ${app}\n  tag: 1.0.0\n`,
      'pin/kustomization.yaml': `images:\n- name: ${app}\n  newTag: 1.0.0\n`,
    },
    policies(),
  )
  first = await sync()
})
after(() => stage.stop())

describe('a sync of policies that choose', () => {
  it('writes what passes, and only that', () => {
    assert.deepEqual(first.failures, [])
    const changes = first.commits.flatMap((commit) => commit.changes)
    const written = changes.map(
      ({ file, from, to }) => `${file} ${from} → ${to.replace(/@sha256:[0-9a-f]{64}$/, '@digest')}`,
    )
    assert.deepEqual(written, [
      'follow.yaml latest → latest@digest',
      'lenient.yaml 1.0.0 → 1.1.0',
      'like.yaml 1.0.0-alpine → 2.3.0-alpine',
      'like.yaml 2.0.0 → 2.3.0',
      'newest.yaml zebra → mango',
      'older.yaml zebra → apple',
      'one-platform.yaml 1.0.0 → 1.2.0',
      'pin/kustomization.yaml 1.0.0 → 1.1.0@digest',
      'pin/reference.yaml 1.0.0 → 1.1.0@digest',
      'pin/values.yaml 1.0.0 → 1.1.0@digest',
      'same.yaml 1.0.0 → 1.4.0',
      'same.yaml 2.0.0 → 2.3.0',
      'staging.yaml 1.0.0 → 1.1.0',
    ])
  })

  const waiting: readonly (readonly [string, RegExp])[] = [
    ['aged', /^1\.1\.0 waits: .*first seen \S+Z/],
    ['canary', /^1\.1\.0 waits: .*"staging" has not had it in Git$/],
    ['frozen', /^1\.1\.0 waits: /],
    ['held', /^1\.1\.0 waits: held until \S+Z: leaks, #4711$/],
    ['older', /^mango stands here, and apple would be a downgrade$/],
    ['prod', /^1\.1\.0 waits: .*"staging" has not had it in Git$/],
    ['strict', /^1\.2\.0 waits: lacks linux\/arm64, has linux\/amd64$/],
  ]
  it('says for what the others wait', () => {
    const pending = [...first.pending].sort((a, b) => (a.policy < b.policy ? -1 : 1))
    assert.deepEqual(
      pending.map(({ policy }) => policy),
      waiting.map(([policy]) => policy),
    )
    for (const [index, [, reason]] of waiting.entries()) assert.match(pending[index]?.reason ?? '', reason)
  })

  it('writes digests where they belong', async () => {
    const app = stage.image('team/app')
    const [, digest = ''] = (await content('pin/reference.yaml')).trim().split('@')
    assert.equal(await content('pin/reference.yaml'), `- image: ${app}:1.1.0@${digest}\n`)
    assert.equal(await content('pin/values.yaml'), `image:\n  repository: ${app}\n  tag: 1.1.0@${digest}\n`)
    assert.match(await content('pin/kustomization.yaml'), new RegExp(`\n  newTag: 1\\.1\\.0\n  digest: ${digest}\n$`))
  })
})

describe('what waits', () => {
  it('passes at another time', async () => {
    const later = Date.now() + 12 * DAY
    const [now, then] = await Promise.all([explained(), explained('--at', new Date(later).toISOString())])
    for (const policy of ['aged', 'held', 'frozen', 'prod']) {
      const [before, after] = [now[policy]?.places[0], then[policy]?.places[0]]
      assert.equal(before?.state, policy === 'held' ? 'held' : 'pending', policy)
      assert.ok(Date.parse(before?.until ?? '') <= later, `${policy} ${before?.reason}`)
      assert.deepEqual([after?.state, after?.reason, after?.until], ['pending', '1.1.0 is selected', undefined], policy)
    }
  })

  it('is written once the policy that goes first has had it for long enough', async () => {
    const { commits } = await eventually('the canary is written', async () => {
      const done = await sync()
      return done.commits.length > 0 && done
    })
    assert.deepEqual(
      commits[0]?.changes.map(({ policy, to }) => [policy, to]),
      [['canary', '1.1.0']],
    )
    assert.equal((await run('plan', '--exit-code')).code, 0)
  })

  it('waits on where the policy that goes first has been taken back', async () => {
    const staging = at('team/app', '1.0.0 # tidemark: hold leaks')
    await commitFiles(fleet.path, 'main', { 'staging.yaml': staging, 'canary.yaml': at('team/app', '1.0.0') })
    const { commits, pending } = await sync()
    assert.deepEqual(commits, [])
    assert.match(pending.find(({ policy }) => policy === 'canary')?.reason ?? '', /"staging" has not had it in Git$/)
  })
})

describe('a tag that moves', () => {
  it('is written with its new digest', async () => {
    const { digest } = await pushImage(stage.registry, 'team/follow', 'latest', { text: 'moved' })
    assert.match((await run('plan')).stdout, new RegExp(`\\+- image: .*latest@${digest}`))
    await sync()
    assert.equal(await content('follow.yaml'), `- image: ${stage.image('team/follow')}:latest@${digest}\n`)
  })
})

describe('a service', () => {
  it('follows what a person writes', async () => {
    const image = stage.image('team/majors')
    const same = { image, interval: '1h', select: { same: 'major' }, write: [{ git: 'fleet' }] }
    const git = { fleet: { url: `${stage.git.url}/service.git`, interval: '1s' } }
    const { path, config } = await stage.fleet('service', { 'a.yaml': at('team/majors', '1.0.0') }, { same }, { git })
    await stage.start('--config', config)
    const stands = async (tag: string) =>
      (await readFileAt(path, 'main', 'a.yaml')).toString() === at('team/majors', tag)
    await eventually('1.4.0 is written', () => stands('1.4.0'))
    await commitFiles(path, 'main', { 'a.yaml': at('team/majors', '2.0.0') })
    await eventually('2.3.0 is written', () => stands('2.3.0'))
  })
})

describe('explain', () => {
  it('answers why not another tag', async () => {
    const { stdout } = await run('explain', 'lenient', '--tag', '1.2.0')
    assert.equal(stdout, 'lenient: 1.2.0 is rejected: lacks linux/arm64, has linux/amd64\n')
  })

  it('shows the age and the digest of a tag where they are known', async () => {
    const { stdout } = await run('explain', 'newest', '--at', '2026-11-10T12:00:00Z')
    const [, mango = '', apple = ''] = stdout.split('\n')
    assert.match(
      mango,
      /^ {2}\* {2}mango {2}selected {2}7d {2}sha256:[0-9a-f]{12} {2}created 2026-11-03T00:00:00Z, the newest$/,
    )
    assert.match(
      apple,
      /^ {5}apple {2}eligible {2}8d {2}sha256:[0-9a-f]{12} {2}created 2026-11-02T00:00:00Z, older than mango$/,
    )
  })

  it('has the same for programs', async () => {
    const { aged } = await explained()
    const [best, other] = aged?.tags ?? []
    assert.deepEqual(
      [aged?.selected, best?.tag, best?.verdict, best?.digest],
      ['1.1.0', '1.1.0', 'selected', aged?.digest],
    )
    assert.equal(Date.parse(aged?.places[0]?.until ?? ''), Date.parse(best?.seenSince ?? '') + DAY)
    assert.deepEqual(Object.keys(other ?? {}), ['tag', 'verdict', 'reason'])
  })
})
