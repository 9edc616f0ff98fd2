import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { PolicyHolds } from '../../src/jobs/holds.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { type GitServer, log, startGitServer } from '../parts/git-server.js'
import { type Case, IMAGE, judged, NOON, selects } from './judging.js'
import { type BranchScene, reference, startBranch } from './reverts/branch-scene.js'
import { manifestOf, openWriter } from './writer.js'

const HOUR = 3_600_000
const never = new AbortController().signal

function holds(...held: readonly Partial<PolicyHolds['holds'][number]>[]): PolicyHolds {
  return { version: 1, holds: held.map((hold) => ({ reason: 'leaks memory', at: NOON, ...hold })), releases: [] }
}

describe('a hold that somebody set', () => {
  const old = `image: ${IMAGE}:1.0.0\n`
  const waits = selects(IMAGE, { block: { gate: 'minimum-age', reason: 'too young' } })
  const cases: readonly (readonly [string, string, Case, string, string])[] = [
    ['holds every tag', old, { held: holds({}) }, 'held hold', 'held: leaks memory'],
    ['holds its tag', old, { held: holds({ tag: '1.1.0' }) }, 'held hold', 'held: leaks memory'],
    ['lets other tags pass', old, { held: holds({ tag: '1.1.1' }) }, 'pending update', '1.1.0 is selected'],
    ['ends when it says', old, { held: holds({ until: NOON }) }, 'pending update', '1.1.0 is selected'],
    ['holds until then', old, { held: holds({ until: NOON + 1 }) }, 'held hold', 'held: leaks memory'],
    ['takes nothing back', `image: ${IMAGE}:1.1.0\n`, { held: holds({}) }, 'current undefined', 'has 1.1.0'],
    [
      'is said before what passes by itself',
      old,
      { held: holds({}), selection: waits },
      'held hold',
      'held: leaks memory',
    ],
    ['says why on one line', old, { held: holds({ reason: 'a\nb' }) }, 'held hold', 'held: a\\u{a}b'],
    [
      'is said of the tag before one of all',
      old,
      { held: holds({ reason: 'all' }, { tag: '1.1.0', reason: 'this' }) },
      'held hold',
      'held: this',
    ],
  ]
  for (const [what, text, options, state, reason] of cases) {
    it(what, () => {
      const [place] = judged(text, options).places
      assert.deepEqual([`${place?.state} ${place?.obstacle}`, place?.reason], [state, reason])
      assert.equal(place?.edit !== undefined, state === 'pending update')
    })
  }

  it('says when it ends', () => {
    const [place] = judged(old, { held: holds({ until: NOON + HOUR }) }).places
    assert.equal(place?.until, NOON + HOUR)
  })
})

describe('a hold that is set while its update is made', () => {
  let server: GitServer | undefined
  let state = ''
  afterEach(async () => {
    await server?.stop()
    await removeFolder(state)
  })

  it('is in time until the push, and what it does not hold is written', async () => {
    server = await startGitServer()
    state = await temporaryFolder('state')
    const files = { 'app.yaml': manifestOf('app', '1.0.0'), 'web.yaml': manifestOf('web', '1.0.0') }
    const { url, path } = await server.create('fleet', files)
    const writer = await openWriter({
      url,
      state,
      policies: ['app', 'web'],
      // Asked for while the commit is made.
      async askProvenance() {
        await writer.jobs.holds.set('app', holds({}))
        return undefined
      },
    })
    for (const name of ['app', 'web']) await writer.select(name, '1.1.0', `sha256:${'a'.repeat(64)}`)
    const { commits, plan } = await writer.reconciler.reconcile(never)
    assert.deepEqual(
      commits.map(({ subject }) => subject),
      ['Update web to 1.1.0'],
    )
    assert.deepEqual(
      plan.places.map(({ policy, obstacle }) => `${policy} ${obstacle}`),
      ['app hold', 'web update'],
    )
    assert.match(writer.retries.join(), /somebody has held a part of it/)
    assert.equal((await log(path, 'main')).length, 2)
  })
})

describe('a tag that was taken back and released', () => {
  let scene: BranchScene
  afterEach(() => scene.stop())

  for (const tag of ['1.1.0', undefined]) {
    it(`by ${tag === undefined ? 'all of its policy' : 'its name'} is written, until it is taken back again`, async () => {
      scene = await startBranch({ files: { 'a.yaml': reference('1.0.0') } })
      const { person, update, held, release, later } = scene
      await update('1.1.0')
      await person.revert()
      await held('HEAD')
      later(1)
      await release(tag)
      assert.deepEqual((await update('1.1.0')).files, ['a.yaml'])
      later(1)
      await person.revert()
      await held('HEAD')
    })
  }

  it('is not written for the release of another one', async () => {
    scene = await startBranch({ files: { 'a.yaml': reference('1.0.0') } })
    await scene.update('1.1.0')
    await scene.person.revert()
    scene.later(1)
    await scene.release('1.2.0')
    await scene.held('HEAD')
  })
})
