import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Configuration } from '../../src/config/configuration.js'
import { ConfigError } from '../../src/config/errors.js'
import { startReload } from '../../src/config/reload.js'
import { eventually } from '../parts/eventually.js'
import { manualClock } from '../parts/manual-clock.js'
import { load } from './files.js'

const fault = (message: string) =>
  new ConfigError('INVALID', [{ file: 'a.yaml', line: 1, column: 1, path: 'policies', message }], [])

type Loaded = { readonly configuration: Configuration; readonly refused?: ConfigError }

/** A reload whose files a test makes up. */
async function reloading(answers: readonly (() => Promise<Loaded>)[]) {
  const first = await load('policies: {}\n')
  const told: string[] = []
  const queue = [...answers]
  const reload = startReload(
    { ...first, files: [] },
    {
      load: () => (queue.shift() ?? assert.fail('read once too often'))(),
      apply: async ({ state }) => {
        told.push(`applied ${state}`)
      },
      onRefused: (error) => told.push(error instanceof ConfigError ? `refused ${error.faults[0]?.message}` : 'failed'),
      clock: manualClock(),
    },
  )
  const toldUntil = (count: number) => eventually(`${count} told`, () => told.length === count && told)
  return { first: { ...first, files: [] }, reload, told, toldUntil }
}

const named = (configuration: Configuration, state: string): Configuration => ({ ...configuration, state })

describe('reloading', () => {
  it('applies what is in order, and tells of what is not', async () => {
    const base = await load('policies: {}\n')
    const { reload, toldUntil } = await reloading([
      async () => ({ configuration: named(base, 'a') }),
      async () => {
        throw fault('bad')
      },
      async () => ({ configuration: named(base, 'b') }),
    ])
    reload.now()
    await toldUntil(1)
    reload.now()
    await toldUntil(2)
    reload.now()
    assert.deepEqual(await toldUntil(3), ['applied a', 'refused bad', 'applied b'])
    await reload.stop()
  })

  it('reads once more for what is wanted while it reads, however often that is', async () => {
    const base = await load('policies: {}\n')
    let end = () => {}
    const reading = new Promise<void>((resolve) => {
      end = resolve
    })
    const { reload, toldUntil } = await reloading([
      async () => {
        await reading
        return { configuration: named(base, 'a') }
      },
      async () => ({ configuration: named(base, 'b') }),
    ])
    for (let time = 0; time < 5; time++) reload.now()
    end()
    assert.deepEqual(await toldUntil(2), ['applied a', 'applied b'])
    await reload.stop()
  })

  it('applies what is left of the newest where a part of it is refused, but not what is in force', async () => {
    const { first, reload, told, toldUntil } = await reloading([
      async () => ({ configuration: named(first, 'a'), refused: fault('half') }),
      async () => ({ configuration: named(first, 'a'), refused: fault('still') }),
    ])
    reload.now()
    await toldUntil(2)
    reload.now()
    await toldUntil(3)
    assert.deepEqual(told, ['applied a', 'refused half', 'refused still'])
    await reload.stop()
  })

  it('ends with what it is at, and applies nothing after', async () => {
    let end = () => {}
    const reading = new Promise<void>((resolve) => {
      end = resolve
    })
    const { first, reload, told } = await reloading([
      async () => {
        await reading
        return { configuration: named(first, 'late') }
      },
    ])
    reload.now()
    const stopped = reload.stop()
    end()
    await stopped
    assert.deepEqual(told, [])
  })
})
