import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../src/image/repository.js'
import { askTags } from '../../src/status/tags.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import type { TagListing } from '../../src/watchers/registry/registry.js'
import { manualClock } from '../parts/manual-clock.js'

const never = new AbortController().signal

function setup(list: (signal: AbortSignal) => Promise<readonly string[]> = async () => ['1.0.0']) {
  const clock = manualClock()
  const asked: string[] = []
  const registry = {
    async listTags({ path }: { readonly path: string }, { signal }: { readonly signal: AbortSignal }) {
      asked.push(path)
      const listing: TagListing = { changed: true, fingerprint: '', tags: await list(signal) }
      return listing
    },
  }
  const tagsOf = askTags({ registry, clock, clean: (text) => text.replaceAll('s3cret', '***') })
  const watch = (name = 'app') => {
    const repository = parseRepository(`ghcr.io/org/${name}`)
    return { key: `ghcr.io/org/${name}`, repository, policies: [], intervalMs: 1, crons: [] }
  }
  return {
    clock,
    asked,
    ask: (name?: string, signal = never, changedAt?: number) => tagsOf(watch(name), signal, changedAt),
  }
}

describe('tags for people who look', () => {
  it('are asked once in a while, however many look', async () => {
    const { clock, asked, ask } = setup()
    const answers = await Promise.all([ask(), ask(), ask('web')])
    assert.deepEqual(answers, Array(3).fill({ tags: ['1.0.0'] }))
    await clock.advance(29_999)
    await ask()
    assert.deepEqual(asked, ['org/app', 'org/web'])
    await clock.advance(1)
    await ask()
    assert.deepEqual(asked, ['org/app', 'org/web', 'org/app'])
  })

  it('are asked anew after a look has found others', async () => {
    const { clock, asked, ask } = setup()
    const before = clock.now()
    await ask()
    await ask('app', never, before)
    assert.equal(asked.length, 1)
    await clock.advance(10)
    await ask('app', never, before + 5)
    await ask('app', never, before + 5)
    assert.equal(asked.length, 2)
  })

  it('are told not to be had, without secrets and on one line, once in a while too', async () => {
    const { asked, ask } = setup(async () => {
      throw new RegistryError('UNAUTHORIZED', 'Cannot list tags: not\nwith s3cret')
    })
    assert.deepEqual(await ask(), { error: 'Cannot list tags: not\\u{a}with ***' })
    await ask()
    assert.equal(asked.length, 1)
  })

  it('are not waited for when somebody leaves, and the others get them', async () => {
    let answer = (_tags: readonly string[]) => {}
    const { asked, ask } = setup(() => new Promise((resolve) => (answer = resolve)))
    const leaving = new AbortController()
    const left = ask('app', leaving.signal)
    const other = ask('app')
    leaving.abort(new Error('gone'))
    await assert.rejects(left, /gone/)
    answer(['2.0.0'])
    assert.deepEqual(await other, { tags: ['2.0.0'] })
    await assert.rejects(ask('app', leaving.signal), /gone/)
    assert.equal(asked.length, 1)
  })

  it('are not waited for longer than people wait', async () => {
    const { clock, ask } = setup(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const asking = ask()
    await clock.advance(15_000)
    assert.deepEqual(await asking, { error: 'the registry takes too long' })
  })

  it('are kept of few repositories', async () => {
    const { asked, ask } = setup()
    for (let number = 0; number <= 20; number++) await ask(`app-${number}`)
    await ask('app-20')
    await ask('app-0')
    assert.equal(asked.length, 22)
  })

  it('are kept of fewer where they are many', async () => {
    const { asked, ask } = setup(async () => Array(15_000).fill('1.0.0'))
    for (const name of ['app', 'web', 'web', 'app']) await ask(name)
    assert.deepEqual(asked, ['org/app', 'org/web', 'org/app'])
  })
})
