import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commitMessage } from '../../src/updaters/commit-message.js'
import {
  branchTrailer,
  isMadeFor,
  releaseTrailer,
  releaseTrailers,
  updateTrailer,
  updateTrailers,
} from '../../src/updaters/trailers.js'

const DIGEST = `sha256:${'a'.repeat(64)}`
const update = { policy: 'team/app', image: 'ghcr.io/org/app', from: '1.0.0', to: '1.1.0' }

describe('the trailers of a message', () => {
  const values: readonly (readonly [from: string, to: string])[] = [
    ['1.0.0', '1.1.0'],
    ['', '1.1.0'],
    [DIGEST, `latest@${DIGEST}`],
    ['a name -> with words', 'ghcr.io/org/app'],
  ]
  for (const [from, to] of values) {
    it(`are read back: from "${from}" to "${to}"`, () => {
      assert.deepEqual(updateTrailers(updateTrailer({ ...update, from, to })), [{ ...update, from, to }])
    })
  }

  it('are those of a commit message', () => {
    const change = { ...update, file: 'a.yaml', line: 3 }
    const other = { ...change, policy: 'other', from: '', line: 4 }
    assert.deepEqual(updateTrailers(commitMessage([change, change, other])), [
      update,
      { ...update, policy: 'other', from: '' },
    ])
  })

  const squashes: readonly (readonly [what: string, text: (line: string) => string])[] = [
    ['a squash of Git', (line) => `Squashed commit of the following:\n\ncommit 1\n\n    Update\n\n    ${line}\n`],
    ['a squash of a forge', (line) => `Update (#1)\n\n* Update\n\n${line}\n\n* Another\n`],
    ['a list', (line) => `Update\n\n* ${line}\n- more`],
    ['lines of Windows', (line) => `Update\r\n\r\n${line}\r\n`],
  ]
  for (const [what, text] of squashes) {
    it(`are found in ${what}`, () => {
      assert.deepEqual(updateTrailers(text(updateTrailer(update))), [update])
      const release = { policy: 'team/app', value: '1.1.0' }
      assert.deepEqual(releaseTrailers(text(releaseTrailer(release))), [release])
    })
  }

  const others = [
    'Tidemark-Update:',
    'Tidemark-Update: app',
    'Tidemark-Update: app image',
    'Tidemark-Update: app image 1.1.0',
    'Tidemark-Update: app image 1.0.0 → 1.1.0',
    'See Tidemark-Update: app image 1.0.0 -> 1.1.0',
    'Tidemark-Release: app',
    'Tidemark-Release: app 1.1.0 please',
  ]
  for (const text of others) {
    it(`are not "${text}"`, () => assert.deepEqual([...updateTrailers(text), ...releaseTrailers(text)], []))
  }

  it('say for which branch a commit was made', () => {
    const message = `Update\n\n${updateTrailer(update)}\n${branchTrailer('tidemark/app')}\n`
    const branches = ['tidemark/app', 'tidemark', 'app', '']
    assert.deepEqual(
      branches.filter((branch) => isMadeFor(branch, message)),
      ['tidemark/app'],
    )
  })

  it('are found in linear time', () => {
    const hostile = 'Tidemark-Update: a b'.concat(' -> x'.repeat(200_000), ' ', '\n* '.repeat(200_000))
    const before = performance.now()
    updateTrailers(hostile)
    assert.ok(performance.now() - before < 1_000)
  })
})
