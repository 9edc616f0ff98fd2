import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FLUSH, packetLine } from '../../../../src/updaters/git/packet-lines.js'
import { localTransport } from '../../../../src/updaters/git/transports/local.js'
import type { Transport, TransportRequest } from '../../../../src/updaters/git/transports/transport.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { commitFiles, createRepository, git, writeHook } from '../../../parts/git-server.js'
import { gitError } from '../scene.js'

describe('the local transport', () => {
  let folder: string
  let path: string
  let tip: string
  before(async () => {
    folder = await temporaryFolder('git-local')
    path = join(folder, '-a repository.git')
    await createRepository(path)
    tip = await commitFiles(path, 'main', { 'a.yaml': 'a: 1\n' })
  })
  after(() => removeFolder(folder))

  const refs = (signal = new AbortController().signal): TransportRequest => ({
    url: 'http://local.invalid/info/refs?service=git-upload-pack',
    method: 'GET',
    headers: {},
    signal,
  })

  test('asks the repository at its path and no other', async () => {
    const saved = { ...process.env }
    process.env.GIT_DIR = folder
    process.env.GIT_NAMESPACE = 'other'
    try {
      assert.match(await read(localTransport(path), refs()), new RegExp(`${tip} refs/heads/main\n`))
    } finally {
      process.env = saved
    }
  })

  test('shows the hooks of the repository no variable that may be a secret', async () => {
    const seen = join(folder, 'environment')
    await writeHook(path, 'pre-receive', `env > '${seen}'; exit 1`)
    process.env.REGISTRY_PASSWORD = 's3cret'
    try {
      const pushing = localTransport(path)
      const command = packetLine(`${tip} ${'0'.repeat(40)} refs/heads/main\0 report-status`)
      const request = { ...refs(), method: 'POST' as const, url: 'http://local.invalid/git-receive-pack' }
      await read(pushing, { ...request, body: Buffer.concat([command, FLUSH]) })
    } finally {
      delete process.env.REGISTRY_PASSWORD
    }
    const names = (await readFile(seen, 'utf8')).split('\n').map((line) => line.split('=')[0])
    assert.ok(names.includes('PATH'))
    assert.ok(!names.includes('REGISTRY_PASSWORD'))
  })

  test('speaks version 2 where it is asked to, and leaves out files on demand', async () => {
    const request = { ...refs(), headers: { 'git-protocol': 'version=2' } }
    await git(path, ['config', 'uploadpack.allowFilter', 'false'])
    assert.match(await read(localTransport(path), request), /^000eversion 2\n[\s\S]*fetch=[a-z -]*filter/)
  })

  test('says what is missing', async () => {
    const request = refs()
    await assert.rejects(localTransport(folder).request(request), gitError('REPOSITORY_NOT_FOUND', false))
    await assert.rejects(localTransport(join(folder, 'no')).request(request), gitError('REPOSITORY_NOT_FOUND', false))
    const saved = process.env.PATH
    process.env.PATH = folder
    try {
      await assert.rejects(
        localTransport(path).request(request),
        gitError('UNSUPPORTED', false, /"git" is not installed$/),
      )
    } finally {
      process.env.PATH = saved
    }
  })

  test('refuses an answer over its bound', async () => {
    const transport = localTransport(path, { maxAnswerBytes: 100 })
    await assert.rejects(transport.request(refs()), gitError('TOO_LARGE', false))
  })

  test('ends at once when it is aborted', async () => {
    const reason = new Error('stopping')
    await assert.rejects(localTransport(path).request(refs(AbortSignal.abort(reason))), reason)
    await writeHook(path, 'pre-receive', 'sleep 60')
    const controller = new AbortController()
    const request = {
      ...refs(controller.signal),
      url: 'http://local.invalid/git-receive-pack',
      method: 'POST' as const,
    }
    const pushing = localTransport(path).request({ ...request, body: Buffer.from('0000') })
    controller.abort(reason)
    await assert.rejects(pushing, reason)
  })
})

async function read(transport: Transport, request: TransportRequest): Promise<string> {
  let text = ''
  for await (const chunk of (await transport.request(request)).body) text += Buffer.from(chunk).toString()
  return text
}
