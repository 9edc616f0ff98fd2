import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { git } from '../../parts/git-server.js'
import { type BranchScene, type BranchSceneOptions, reference, startBranch } from './branch-scene.js'

let scene: BranchScene

async function begin(options: Partial<BranchSceneOptions> = {}): Promise<BranchScene> {
  scene = await startBranch({ files: { 'a.yaml': reference('1.0.0') }, ...options })
  return scene
}

afterEach(() => scene.stop())

/** How many requests the server got meanwhile. */
async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  const before = scene.server.requests.length
  await work()
  return scene.server.requests.length - before
}

describe('a held tag', () => {
  it('costs nothing while the branch stays, and little where others push', async () => {
    const { person, update } = await begin()
    await update('1.1.0')
    await person.revert()
    assert.match((await update('1.1.0')).places.join(), /was taken back/)
    const idle = await requestsOf(() => update('1.0.0'))
    assert.equal(await requestsOf(() => update('1.1.0')), idle)
    await person.edit({ 'b.yaml': 'x: 1\n' })
    const pushed = await requestsOf(() => update('1.1.0'))
    assert.ok(pushed <= idle + 2, `${idle} ${pushed}`)
  })

  it('is found behind thousands of commits with few requests', async () => {
    const { person, path, update, restart } = await begin({ files: { 'apps/a.yaml': reference('1.0.0') } })
    await update('1.1.0')
    const others = async (count: number, name: string) => {
      const commits = Array.from({ length: count }, (_, index) => {
        const message = `${name} ${index}`
        const from = index === 0 ? 'from refs/heads/main^0\n' : ''
        const person = 'committer Somebody <somebody@example.com> 1767225600 +0000'
        const content = `x: ${message}\n`
        return `commit refs/heads/main\n${person}\ndata ${message.length}\n${message}\n${from}M 100644 inline other/${index % 50}.yaml\ndata ${content.length}\n${content}\n`
      })
      await git(path, ['fast-import', '--quiet'], { input: commits.join('') })
      await person.pull()
    }
    await others(1_000, 'before')
    await person.edit({ 'apps/a.yaml': reference('1.0.0') })
    await others(1_000, 'after')
    await restart()
    let places: readonly string[] = []
    const requests = await requestsOf(async () => {
      places = (await update('1.1.0')).places
    })
    const oid = await person.git('rev-parse', '--short=7', 'HEAD~1000')
    assert.match(places.join(), new RegExp(`taken back by commit ${oid} `))
    assert.ok(requests < 60, `${requests}`)
  })

  it('is found at hundreds of files with requests for them all together', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`apps/${index}/a.yaml`, reference('1.0.0')]),
    )
    const { person, update, restart } = await begin({ files })
    await update('1.1.0')
    await person.revert()
    await restart()
    let places: readonly string[] = []
    const requests = await requestsOf(async () => {
      places = (await update('1.1.0')).places
    })
    assert.equal(places.filter((place) => place.includes('was taken back by commit')).length, 200)
    assert.ok(requests < 25, `${requests}`)
  })
})

describe('a history', () => {
  it('that the server has a part of is looked through as far as it goes', async () => {
    const { person, path, update, restart, shortened } = await begin()
    await update('1.1.0')
    const writing = await person.git('rev-parse', 'HEAD')
    await person.revert()
    await writeFile(join(path, 'shallow'), `${writing}\n`)
    await restart()
    for (let look = 0; look < 2; look++) assert.match((await update('1.1.0')).places.join(), /was taken back by commit/)
    assert.equal(shortened.length, 1)
    assert.match(shortened[0] ?? '', /^only the newest 2 commits/)
  })

  it('that cannot be read now keeps the branch from being written', async () => {
    const { person, server, update, restart } = await begin()
    await update('1.1.0')
    await person.revert()
    await restart()
    await update('1.0.0')
    server.before = ({ body }) =>
      body.includes('command=fetch') ? { status: 503, headers: {}, body: Buffer.from('') } : undefined
    const head = await person.git('rev-parse', 'HEAD')
    await assert.rejects(update('1.1.0'), { name: 'GitError', retryable: true })
    server.before = () => undefined
    assert.match((await update('1.1.0')).places.join(), /was taken back/)
    assert.equal(await person.git('rev-parse', 'HEAD'), head)
  })

  it('is not read where nothing is due', async () => {
    const { person, server, update } = await begin()
    await person.edit({}, 'Some history')
    await update('1.0.0')
    const deepened = server.requests.filter(({ body }) => body.includes('deepen') && !body.includes('deepen 1'))
    assert.deepEqual(deepened, [])
  })
})
