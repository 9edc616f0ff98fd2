import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Invocation } from '../../src/commands/command.js'
import { lookAtAll } from '../../src/commands/pass.js'
import { loadConfiguration } from '../../src/config/load.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'

test('a secret that a registry repeats is in no failure', async () => {
  const folder = await temporaryFolder('pass')
  const registry = createServer((request, response) => {
    const message = `I know ${Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64')}`
    const status = request.headers.authorization === undefined ? 401 : 500
    response.writeHead(status, { 'www-authenticate': 'Basic' }).end(JSON.stringify({ errors: [{ message }] }))
  })
  await once(registry.listen(0, '127.0.0.1'), 'listening')
  const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`
  const file = join(folder, 'tidemark.yaml')
  await writeFile(
    file,
    `registries: {"${host}": {credentials: {username: bot, password: "\${PASSWORD}"}}}
policies: {app: {image: "${host}/app", select: {semver: "*"}}}
state: ${folder}
`,
  )
  const configuration = await loadConfiguration([file], { env: { PASSWORD: 's3cret-word' } })
  const told: string[] = []
  const invocation: Invocation = {
    operands: [],
    options: {},
    config: [file],
    output: 'text',
    verbosity: 'normal',
    version: '0',
    env: {},
    signal: new AbortController().signal,
    printsToTerminal: false,
    print: (text) => told.push(text),
    tell: (text) => told.push(text),
    interactive: false,
    load: async () => configuration,
  }

  let reasons: readonly string[] = []
  await lookAtAll(invocation, configuration, async ({ failures }) => {
    reasons = failures.map(({ reason }) => reason)
    return 0
  })
  registry.close()
  await removeFolder(folder)

  assert.match(reasons.join(), /500 \(I know bot:\*\*\*\)$/)
  assert.doesNotMatch(told.join(), /s3cret/)
})
