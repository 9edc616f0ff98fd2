import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { repositoryKey } from '../../../src/image/repository.js'
import type { PolicyHolds } from '../../../src/jobs/holds.js'
import { memoryJobs } from '../../../src/jobs/memory.js'
import { memoryRecords } from '../../../src/jobs/memory-records.js'
import { type Clock, systemClock } from '../../../src/lifecycle/clock.js'
import { fileMatcher } from '../../../src/updaters/files.js'
import type { JudgedPlace } from '../../../src/updaters/judgement.js'
import { openPlaceIndex } from '../../../src/updaters/place-index.js'
import { createReconciler } from '../../../src/updaters/reconcile.js'
import { createReverts } from '../../../src/updaters/reverts/reverts.js'
import { createScanner } from '../../../src/updaters/scan.js'
import type { WritingPolicy } from '../../../src/updaters/target.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { type Files, type GitServer, git } from '../../parts/git-server.js'
import { type Engine, never, startScene } from '../git/scene.js'
import { policy } from '../judging.js'

export const IMAGE = 'ghcr.io/org/app'
export const reference = (tag: string, image = IMAGE) => `- image: ${image}:${tag}\n`

const DAY = 86_400_000
/** People commit at this instant, as the native program is told. */
const START = Date.parse('2026-01-01T00:00:00Z')

/** A branch of a real server, a policy `app` that writes to it, and a person with a clone of it. */
export interface BranchScene {
  readonly person: Person
  readonly server: GitServer
  /** Of the server's repository. */
  readonly path: string
  /** What was told of histories that are shortened. */
  readonly shortened: string[]
  /** Lets the policy select a tag and brings the branch up to date. Resolves with the places and what was pushed. */
  update(tag: string, digest?: string): Promise<Update>
  /** Lets somebody release a tag of the policy now, or every tag, without a commit. */
  release(tag?: string): Promise<void>
  /** Forgets all that is kept, in memory and on disk. */
  restart(policies?: readonly WritingPolicy[]): Promise<void>
  /** Updates, and asserts that nothing is written and that this commit of the person is told to have taken the tag back. */
  held(
    commit: string,
    expected?: { readonly tag?: string; readonly digest?: string; readonly file?: string },
  ): Promise<void>
  later(days: number): void
  stop(): Promise<void>
}

export interface Update {
  /** As `a.yaml held: reason`. */
  readonly places: readonly string[]
  readonly files: readonly string[]
}

/** Works with native Git as people do. */
export interface Person {
  git(...args: readonly string[]): Promise<string>
  /** Writes files and commits them. */
  commit(files: Files, message?: string): Promise<void>
  /** The same, and pushes them. */
  edit(files: Files, message?: string): Promise<void>
  /** Reverts the newest commit, and pushes. */
  revert(): Promise<void>
  read(file: string): Promise<string>
  pull(): Promise<void>
  push(...args: readonly string[]): Promise<void>
}

export interface BranchSceneOptions {
  readonly engine?: Engine
  readonly files: Files
  readonly policies?: readonly WritingPolicy[]
  readonly withinMs?: number
  /** The branch that updates go to, where that is another one. */
  readonly pushTo?: string
}

export const appPolicy = (more: Partial<WritingPolicy> = {}) => policy('app', IMAGE, more)

export async function startBranch(options: BranchSceneOptions): Promise<BranchScene> {
  const { engine = 'wire', files, withinMs = 90 * DAY } = options
  const scene = await startScene({ engine })
  const home = await temporaryFolder('person')
  const person = await arrive(home, scene.path)
  await person.commit(files, 'Begin')
  await person.push()
  const shortened: string[] = []
  let now = START
  const clock: Clock = { now: () => now, after: (_, run) => systemClock.after(0, run) }
  let selected = { tag: '', digest: undefined as string | undefined, firstSeenAt: 0 }
  const firstSeen = new Map<string, number>()
  let places: readonly JudgedPlace[] = []
  const holds = memoryRecords<PolicyHolds>()

  async function open(policies: readonly WritingPolicy[] = options.policies ?? [appPolicy()]) {
    const repository = scene.open()
    const index = await openPlaceIndex(join(scene.folder, 'places.jsonl'))
    const jobs = memoryJobs({ clock: systemClock, random: Math.random })
    const target = {
      git: 'fleet',
      branch: 'main',
      author: { name: 'Tidemark', email: 'tidemark@example.com' },
      policies,
      otherPolicies: new Set<string>(),
      ...(options.pushTo && { push: { options: [], branchFor: () => options.pushTo ?? '' } }),
    }
    const onShortened = ({ reason }: { readonly reason: string }) => void shortened.push(reason)
    const reverts = createReverts({ repository, index, target, withinMs, clock, onShortened })
    const reconciler = createReconciler({
      target,
      intervalMs: 60_000,
      repository,
      scanner: createScanner(repository, index, fileMatcher()),
      reverts,
      jobs: { ...jobs, holds },
      clock,
      random: Math.random,
      onRetry: () => {},
    })
    return async () => {
      for (const { name, repository: of, rule } of policies) {
        await jobs.selections.set(name, {
          version: 1,
          repository: repositoryKey(of),
          rule,
          ...selected,
        })
      }
      const { plan } = await reconciler.reconcile(never.signal)
      places = plan.places
      return [...new Set(plan.changes.map(({ file }) => file))]
    }
  }

  let reconcile = await open()
  const branch: BranchScene = {
    person,
    server: scene.server,
    path: scene.path,
    shortened,
    async update(tag, digest) {
      const firstSeenAt = firstSeen.get(tag) ?? now
      firstSeen.set(tag, firstSeenAt)
      selected = { tag, digest, firstSeenAt }
      const written = await reconcile()
      await person.pull()
      return { files: written, places: places.map(({ file, state, reason }) => `${file} ${state}: ${reason}`) }
    },
    async release(tag) {
      const release = { at: now, ...(tag !== undefined && { tag }) }
      await holds.set('app', { version: 1, holds: [], releases: [release] })
    },
    async restart(policies) {
      await removeFolder(scene.folder)
      reconcile = await open(policies)
    },
    async held(commit, { tag = '1.1.0', digest, file = 'a.yaml' } = {}) {
      const oid = await person.git('rev-parse', '--short=7', commit)
      const { files: written, places: found } = await branch.update(tag, digest)
      assert.deepEqual(written, [])
      const place = found.find((one) => one.startsWith(`${file} held`))
      const remedy = `write it back, or commit "Tidemark-Release: app ${tag}"`
      assert.equal(place, `${file} held: ${tag} was taken back by commit ${oid} of Somebody on 2026-01-01: ${remedy}`)
    },
    later(days) {
      now += days * DAY
    },
    async stop() {
      await scene.stop()
      await removeFolder(home)
    },
  }
  return branch
}

async function arrive(home: string, remote: string): Promise<Person> {
  const run = async (...args: readonly string[]) => (await git(home, args)).toString().trim()
  await run('clone', '-q', remote, '.')
  const person: Person = {
    git: run,
    async commit(files, message = 'Change by hand') {
      for (const [file, content] of Object.entries(files)) {
        await mkdir(dirname(join(home, file)), { recursive: true })
        await writeFile(join(home, file), content)
      }
      await run('add', '--all')
      await run('commit', '-q', '--allow-empty', '-m', message)
    },
    async edit(files, message) {
      await person.commit(files, message)
      await person.push()
    },
    async revert() {
      await run('revert', '--no-edit', 'HEAD')
      await person.push()
    },
    read: (file) => readFile(join(home, file), 'utf8'),
    pull: async () => void (await run('pull', '-q', '--ff-only')),
    push: async (...args) => void (await run('push', '-q', ...args)),
  }
  return person
}
