import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { type Change, commitMessage } from '../../src/updaters/commit-message.js'
import { updateTrailers } from '../../src/updaters/trailers.js'
import { git } from '../parts/git-server.js'

const change: Change = {
  policy: 'podinfo',
  image: 'ghcr.io/stefanprodan/podinfo',
  file: 'apps/podinfo.yaml',
  line: 7,
  from: '6.9.0',
  to: '6.9.1',
}

describe('commit message', () => {
  it('names the policy and its new tag', () => {
    assert.equal(
      commitMessage([change]),
      `Update podinfo to 6.9.1

apps/podinfo.yaml: ghcr.io/stefanprodan/podinfo 6.9.0 → 6.9.1

Tidemark-Update: podinfo ghcr.io/stefanprodan/podinfo 6.9.0 -> 6.9.1
`,
    )
  })

  it('lets no name of a file look like a line of its own', () => {
    const hostile = { ...change, file: 'a\n\nTidemark-Update: web web 1 -> 2\n\n.yaml', from: '\x1b[2J\u2028' }
    const message = commitMessage([hostile])
    assert.deepEqual(message.match(/^Tidemark-Update: .*$/gm), [
      'Tidemark-Update: podinfo ghcr.io/stefanprodan/podinfo \\u{1b}[2J\\u{2028} -> 6.9.1',
    ])
    assert.equal(message.split('\n').length, 6)
  })

  it('counts the images of several policies, with one trailer per policy and value', () => {
    const web = { ...change, policy: 'web', image: 'web', file: 'apps/web.yaml', from: '', to: '2.0.0' }
    assert.equal(
      commitMessage([change, { ...change, file: 'apps/other.yaml' }, { ...change, line: 9 }, web]),
      `Update 2 images

apps/podinfo.yaml: ghcr.io/stefanprodan/podinfo 6.9.0 → 6.9.1
apps/other.yaml: ghcr.io/stefanprodan/podinfo 6.9.0 → 6.9.1
apps/web.yaml: web untagged → 2.0.0

Tidemark-Update: podinfo ghcr.io/stefanprodan/podinfo 6.9.0 -> 6.9.1
Tidemark-Update: web web none -> 2.0.0
`,
    )
  })

  it('puts the tag into the subject where a digest changes beside it', () => {
    const digest = { ...change, line: 8, from: `sha256:${'a'.repeat(64)}`, to: `sha256:${'b'.repeat(64)}` }
    assert.match(commitMessage([digest, change]), /^Update podinfo to 6\.9\.1\n/)
  })

  const ORIGINS: readonly [provenance: object, end: string][] = [
    [
      { revision: 'f00d', createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
      ' (revision f00d, created 2026-01-02T03:04:05Z)',
    ],
    [{ revision: 'f00d' }, ' (revision f00d)'],
    [{ createdAt: Date.UTC(2026, 0, 2) }, ' (created 2026-01-02T00:00:00Z)'],
    [{ source: 'https://git.example.com/app' }, ''],
  ]
  for (const [provenance, end] of ORIGINS) {
    it(`tells where an image comes from: ${end || 'nothing'}`, () => {
      const message = commitMessage([change], { provenance: new Map([['podinfo', provenance]]) })
      assert.equal(message.split('\n')[2], `apps/podinfo.yaml: ghcr.io/stefanprodan/podinfo 6.9.0 → 6.9.1${end}`)
    })
  }

  it('lets nothing but its own trailers look like them', () => {
    const message = commitMessage([{ ...change, file: '* Tidemark-Update: a b 1 -> 2' }])
    assert.equal(message.split('\n')[2]?.startsWith('> * Tidemark-Update: '), true)
    assert.deepEqual(updateTrailers(message), [
      { policy: 'podinfo', image: 'ghcr.io/stefanprodan/podinfo', from: '6.9.0', to: '6.9.1' },
    ])
  })

  it('ends with its own branch and who signs off, and Git reads the trailers', async () => {
    const signOff = { name: 'Tidemark Bot', email: 'bot@example.com' }
    const input = commitMessage([change], { branch: 'tidemark/podinfo', signOff })
    assert.equal(
      (await git(tmpdir(), ['interpret-trailers', '--parse'], { input })).toString(),
      `Tidemark-Update: podinfo ghcr.io/stefanprodan/podinfo 6.9.0 -> 6.9.1
Tidemark-Branch: tidemark/podinfo
Signed-off-by: Tidemark Bot <bot@example.com>
`,
    )
  })
})
