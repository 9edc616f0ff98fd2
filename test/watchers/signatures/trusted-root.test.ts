import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { publicTrustedRoot } from '../../../src/watchers/signatures/trusted-root.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { manualClock } from '../../parts/manual-clock.js'
import { type OddServer, startOddServer } from '../registry/odd-server.js'

const { signal } = new AbortController()
const DAY_MS = 86_400_000

describe('the public trusted root', () => {
  const keys = generateKeyPairSync('ed25519')
  const target = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
  let files: Record<string, string>
  let server: OddServer
  let folder: string
  let root: string

  before(async () => {
    server = await startOddServer(({ path }, response) => {
      const file = files[path]
      response.writeHead(file === undefined ? 404 : 200).end(file)
    })
  })
  after(() => server.stop())

  beforeEach(async () => {
    folder = await temporaryFolder('trusted-root')
    root = join(folder, 'given-root.json')
    files = repositoryOf(target, keys)
    await writeFile(root, files['/root.json'] ?? '')
  })
  afterEach(() => removeFolder(folder))

  const fetcher = (clock = manualClock()) => {
    const mirror = { url: server.url, root }
    return publicTrustedRoot({ folder: join(folder, 'kept'), mirror }, clock)
  }
  const asked = () => server.requests.filter(({ path }) => path === '/timestamp.json').length

  it('is what the repository vouches for, once a day', async () => {
    const clock = manualClock()
    const trustedRoot = fetcher(clock)
    const before = asked()
    assert.deepEqual(await Promise.all([trustedRoot(signal), trustedRoot(signal)]), [target, target])
    assert.equal(asked(), before + 1)
    await clock.advance(DAY_MS)
    assert.equal(await trustedRoot(signal), target)
    assert.equal(asked(), before + 2)
  })

  it('is kept in the folder', async () => {
    const before = server.requests.length
    await fetcher()(signal)
    await fetcher()(signal)
    const paths = server.requests.slice(before).map(({ path }) => path)
    assert.equal(paths.filter((path) => path.startsWith('/targets/')).length, 1)
  })

  const BROKEN: readonly [name: string, breakIt: () => void][] = [
    ['of another signer', () => Object.assign(files, repositoryOf('{}', generateKeyPairSync('ed25519')))],
    ['that was changed', () => Object.assign(files, { '/targets/trusted_root.json': target.replace('0.1', '0.2') })],
    ['that is missing', () => delete files['/targets/trusted_root.json']],
    ['of a repository that is gone', () => delete files['/timestamp.json']],
  ]
  for (const [name, breakIt] of BROKEN) {
    it(`is not one ${name}, and is asked for again`, async () => {
      const trustedRoot = fetcher()
      breakIt()
      const failure = { code: 'TRUSTED_ROOT_UNAVAILABLE', retryable: true }
      await assert.rejects(trustedRoot(signal), failure)
      files = repositoryOf(target, keys)
      assert.equal(await trustedRoot(signal), target)
    })
  }

  it('is not waited for longer than wanted', async () => {
    const reason = new Error('enough')
    await assert.rejects(fetcher()(AbortSignal.abort(reason)), reason)
  })
})

/** The files of a repository with one target and one key (theupdateframework/specification, tuf-spec.md, section 4). */
function repositoryOf(target: string, { publicKey, privateKey }: ReturnType<typeof generateKeyPairSync>) {
  const raw = publicKey.export({ format: 'jwk' }).x ?? ''
  const role = { keyids: ['key'], threshold: 1 }
  const expires = new Date(Date.now() + DAY_MS).toISOString().replace(/\.[0-9]+/, '')
  // Canonical JSON: the keys of each object stand in order below.
  const signed = (content: object) => {
    const sig = sign(null, Buffer.from(JSON.stringify(content)), privateKey).toString('hex')
    return JSON.stringify({ signatures: [{ keyid: 'key', sig }], signed: content })
  }
  const about = (text: string) => ({
    hashes: { sha256: createHash('sha256').update(text).digest('hex') },
    length: text.length,
  })
  const key = {
    keytype: 'ed25519',
    keyval: { public: Buffer.from(raw, 'base64url').toString('hex') },
    scheme: 'ed25519',
  }
  const roles = { root: role, snapshot: role, targets: role, timestamp: role }
  const targets = signed({
    _type: 'targets',
    expires,
    spec_version: '1.0.0',
    targets: { 'trusted_root.json': about(target) },
    version: 1,
  })
  const snapshot = signed({
    _type: 'snapshot',
    expires,
    meta: { 'targets.json': { ...about(targets), version: 1 } },
    spec_version: '1.0.0',
    version: 1,
  })
  return {
    '/root.json': signed({
      _type: 'root',
      consistent_snapshot: false,
      expires,
      keys: { key },
      roles,
      spec_version: '1.0.0',
      version: 1,
    }),
    '/timestamp.json': signed({
      _type: 'timestamp',
      expires,
      meta: { 'snapshot.json': { ...about(snapshot), version: 1 } },
      spec_version: '1.0.0',
      version: 1,
    }),
    '/snapshot.json': snapshot,
    '/targets.json': targets,
    '/targets/trusted_root.json': target,
  }
}
