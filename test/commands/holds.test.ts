import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command, Invocation } from '../../src/commands/command.js'
import { explain } from '../../src/commands/explain.js'
import { plan } from '../../src/commands/plan.js'
import { sync } from '../../src/commands/sync.js'
import { loadConfiguration } from '../../src/config/load.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { keptHolds } from '../../src/status/kept-holds.js'
import { startAnyRegistry } from '../parts/any-registry.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { startGitServer } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { writePolicyFile } from '../parts/tidemark.js'

test('commands that look once go by what is held while the service runs', async () => {
  const folder = await temporaryFolder('holds')
  const [registry, server] = [await startAnyRegistry(), await startGitServer()]
  const image = `${registry.host}/team/app`
  await pushTags(registry, 'team/app', ['1.0.0', '1.1.0'])
  const { url } = await server.create('fleet', { 'app.yaml': `image: ${image}:1.0.0\n` })
  const state = join(folder, 'state')
  const file = await writePolicyFile(folder, {
    git: { fleet: { url } },
    policies: { app: { image, select: { semver: '*' }, write: [{ git: 'fleet' }] } },
    state,
  })
  const { holds: records } = memoryJobs({ clock: systemClock, random: Math.random, state: { folder: state } })
  const holds = keptHolds({ jobs: { holds: records }, clock: systemClock, onChange: async () => {} })
  const run = async (command: Command) => {
    let printed = ''
    const invocation: Invocation = {
      operands: [],
      options: {},
      config: [file],
      output: 'json',
      verbosity: 'normal',
      version: '0',
      env: {},
      signal: new AbortController().signal,
      printsToTerminal: false,
      print: (text) => (printed += text),
      tell: () => {},
      interactive: false,
      load: () => loadConfiguration([file], { env: {} }),
    }
    await command.run(invocation)
    return JSON.parse(printed)
  }

  try {
    await holds.set('app', { tag: '1.1.0', reason: 'leaks memory', at: systemClock.now() })
    const [place] = (await run(explain)).policies[0].places
    assert.deepEqual([place.state, place.desired, place.reason], ['held', '1.1.0', 'held: leaks memory'])
    assert.equal((await run(plan)).branches[0].diff, '')
    const held = await run(sync)
    assert.deepEqual([held.commits.length, held.pending[0].reason], [0, 'held: leaks memory'])
    await holds.release('app', undefined)
    assert.equal((await run(sync)).commits.length, 1)
  } finally {
    await server.stop()
    await registry.stop()
    await removeFolder(folder)
  }
})
