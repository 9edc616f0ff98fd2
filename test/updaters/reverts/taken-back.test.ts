import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commitMessage } from '../../../src/updaters/commit-message.js'
import { pastOf } from '../../../src/updaters/reverts/past.js'
import { type ReadFileAt, takenBack } from '../../../src/updaters/reverts/taken-back.js'
import { type MadeCommit, madeHistory, oidOf } from './past-commits.js'

const IMAGE = 'ghcr.io/org/app'
const change = { policy: 'app', image: IMAGE, file: 'a.yaml', line: 1, from: '1.0', to: '1.1' }
/** What Tidemark says of a change of the file, by default the one from 1.0 to 1.1. */
const update = (more: Partial<typeof change> = {}) => commitMessage([{ ...change, ...more }])
const trailersOnly = `By a template\n\nTidemark-Update: app ${IMAGE} 1.0 -> 1.1\n`
const REVERT = `Revert "Update"\n\nThis reverts commit ${'a'.repeat(40)}.`
const indented = (message: string) => message.replace(/^/gm, '    ')

interface Answer {
  /** The commit that took 1.1 away, by its name; null where nobody did. */
  readonly by: string | null | undefined
  readonly looks: readonly string[]
}

async function ask(made: readonly MadeCommit[], read?: ReadFileAt, known?: string, isOld = false): Promise<Answer> {
  const history = madeHistory(made)
  const question = {
    policy: 'app',
    repository: IMAGE,
    file: 'a.yaml',
    head: history.head,
    count: () => history.count,
    means: (text: string) => text === '1.1',
    takenBackBy: known && oidOf(known),
    isOld,
    after: async () => undefined,
  }
  const found = await takenBack(pastOf(history), question, read ?? history.readAt)
  const by = made.find(({ id }) => oidOf(id) === found?.by?.oid)?.id
  return { by: found === undefined ? null : by, looks: history.looks }
}

const others = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: `other ${from + index}` }))
const written = [{ id: 'begin' }, { id: 'write', message: update(), count: 1 }]

describe('a value', () => {
  const held: readonly (readonly [what: string, made: readonly MadeCommit[], by: string | undefined])[] = [
    ['that was just taken back', [...written, { id: 'revert', count: 0 }], 'revert'],
    [
      'that was taken back a while ago',
      [...written, ...others(5), { id: 'revert', count: 0 }, ...others(100, 5)],
      'revert',
    ],
    [
      'that is the oldest of the history',
      [
        { id: 'write', message: update(), count: 1 },
        { id: 'revert', count: 0 },
      ],
      'revert',
    ],
    [
      'that one of two places lost',
      [{ id: 'begin' }, { id: 'write', message: update(), count: 2 }, { id: 'edit', count: 1 }],
      'edit',
    ],
    [
      'that was written by a message of a template',
      [{ id: 'begin' }, { id: 'write', message: trailersOnly, count: 1 }, { id: 'revert', count: 0 }],
      'revert',
    ],
    [
      'that was taken back twice',
      [...written, { id: 'first', count: 0 }, { id: 'again', count: 1 }, { id: 'second', count: 0 }],
      'second',
    ],
    [
      'that was released, and taken back again',
      [
        ...written,
        { id: 'first', count: 0 },
        { id: 'release', message: 'Go\n\nTidemark-Release: app 1.1' },
        { id: 'rewrite', message: update(), count: 1 },
        { id: 'second', count: 0 },
      ],
      'second',
    ],
    [
      'that a merge brought and a revert of the merge took back',
      [
        { id: 'begin' },
        { id: 'main', parents: ['begin'] },
        { id: 'write', parents: ['begin'], message: update(), count: 1 },
        { id: 'merge', parents: ['main', 'write'], count: 1 },
        { id: 'revert', count: 0 },
      ],
      'revert',
    ],
    [
      'that a merge left out',
      [
        { id: 'begin' },
        { id: 'main', parents: ['begin'] },
        { id: 'write', parents: ['begin'], message: update(), count: 1 },
        { id: 'merge', parents: ['main', 'write'], count: 0 },
        ...others(3),
      ],
      'merge',
    ],
    [
      'that was taken back on a branch',
      [
        ...written,
        { id: 'main', parents: ['write'] },
        { id: 'revert', parents: ['write'], count: 0 },
        { id: 'more' },
        { id: 'merge', parents: ['main', 'more'], count: 0 },
        ...others(3),
      ],
      'revert',
    ],
    [
      'that was taken back on its own branch before that was merged',
      [
        { id: 'begin' },
        { id: 'main', parents: ['begin'] },
        { id: 'write', parents: ['begin'], message: update(), count: 1 },
        { id: 'revert', count: 0 },
        { id: 'merge', parents: ['main', 'revert'], count: 0 },
      ],
      'revert',
    ],
    [
      'that a merge of an older branch overwrote',
      [
        { id: 'begin' },
        { id: 'write', parents: ['begin'], message: update(), count: 1 },
        { id: 'old', parents: ['begin'] },
        { id: 'merge', parents: ['write', 'old'], count: 0 },
      ],
      'merge',
    ],
    [
      'that came by a squash',
      [
        { id: 'begin' },
        { id: 'squash', message: `Squashed commit\n\n${indented(update())}`, count: 1 },
        { id: 'edit', count: 0 },
      ],
      'edit',
    ],
    [
      'that a squash wrote and took back',
      [{ id: 'begin' }, { id: 'squash', message: `Squashed commit\n\n${indented(update())}\n\n    Revert` }],
      'squash',
    ],
    [
      'whose revert quotes the message',
      [...written, { id: 'revert', message: `Revert\n\n${update()}`, count: 0 }, ...others(2)],
      'revert',
    ],
    [
      'whose release came before it was taken back',
      [...written, { id: 'release', message: 'Tidemark-Release: app 1.1' }, { id: 'revert', count: 0 }],
      'revert',
    ],
    [
      'whose release is of another one',
      [
        ...written,
        { id: 'revert', count: 0 },
        { id: 'release', message: 'Tidemark-Release: app 1.2\nTidemark-Release: other 1.1' },
      ],
      'revert',
    ],
    [
      'that a commit of ours for another image took away',
      [...written, { id: 'revert', message: update({ image: 'ghcr.io/org/other', from: '1.1', to: '1.0' }), count: 0 }],
      'revert',
    ],
    [
      'that was written before the history, by a revert that says so',
      [{ id: 'begin', count: 1 }, ...others(3), { id: 'revert', message: REVERT, count: 0 }, ...others(3, 3)],
      'revert',
    ],
    [
      'of a history with a gap',
      [...written, { id: 'revert', count: 0 }, { id: 'after the gap', parents: ['unknown'], count: 0 }],
      undefined,
    ],
  ]
  for (const [what, made, by] of held) {
    it(`${what} is held`, async () => assert.equal((await ask(made)).by, by))
  }

  const free: readonly (readonly [what: string, made: readonly MadeCommit[], looks: readonly string[]])[] = [
    [
      'that was never written',
      [
        { id: 'begin', count: 1 },
        { id: 'edit', count: 0 },
      ],
      [],
    ],
    [
      'of which another tag was written',
      [
        { id: 'begin', count: 1 },
        { id: 'write', message: update({ to: '1.2' }), count: 0 },
      ],
      [],
    ],
    [
      'of another image',
      [
        { id: 'begin' },
        { id: 'write', message: update({ image: 'ghcr.io/org/other' }), count: 1 },
        { id: 'edit', count: 0 },
      ],
      [],
    ],
    ['that was written to another file', [{ id: 'begin' }, { id: 'write', message: update({ file: 'b.yaml' }) }], []],
    [
      'that was written to another file, which a template does not tell',
      [
        { id: 'begin', count: 1 },
        { id: 'write', message: trailersOnly },
        { id: 'edit', count: 0 },
      ],
      ['write', 'begin'],
    ],
    [
      'that a revert of something older left alone',
      [
        { id: 'begin', count: 1 },
        { id: 'revert', message: REVERT },
        { id: 'edit', count: 0 },
      ],
      ['revert', 'begin'],
    ],
    [
      'that is released after a revert of something older',
      [
        { id: 'begin', count: 1 },
        { id: 'revert', message: REVERT, count: 0 },
        { id: 'go', message: 'Tidemark-Release: app 1.1' },
      ],
      ['revert', 'begin'],
    ],
    ['that stands at as many places as ever', written, ['write', 'begin']],
    [
      'that we took away ourselves',
      [...written, { id: 'hold', message: update({ from: '1.1', to: '0.9' }), count: 0 }, ...others(3)],
      ['write', 'begin', 'other 1', 'other 0', 'write', 'hold'],
    ],
    [
      'that is released',
      [...written, { id: 'revert', count: 0 }, { id: 'release', message: 'Go on\n\nTidemark-Release: app 1.1\n' }],
      ['write', 'begin', 'revert', 'write'],
    ],
    [
      'that is released in a squash',
      [
        ...written,
        { id: 'revert', count: 0 },
        { id: 'release', message: '* Go on\n\n* Tidemark-Release: app 1.1\r\n' },
      ],
      ['write', 'begin', 'revert', 'write'],
    ],
  ]
  for (const [what, made, looks] of free) {
    it(`${what} is written`, async () => assert.deepEqual(await ask(made), { by: null, looks }))
  }
})

describe('a value that was selected before the history begins', () => {
  const of = (made: readonly MadeCommit[]) => ask(made, undefined, undefined, true)
  const stood = { id: 'begin', count: 1 }

  it('is held where it stood then and somebody took it back since', async () => {
    assert.equal((await of([stood, ...others(5), { id: 'edit', count: 0 }, ...others(5, 5)])).by, 'edit')
  })

  it('is written where it did not stand then, or does still, or is released', async () => {
    const release = { id: 'release', message: 'Tidemark-Release: app 1.1' }
    assert.deepEqual(await of([{ id: 'begin' }, ...others(5)]), { by: null, looks: ['begin'] })
    assert.deepEqual(await of([stood, ...others(5)]), { by: null, looks: ['begin'] })
    assert.equal((await of([stood, { id: 'edit', count: 0 }, release])).by, null)
  })

  it('is written where we ourselves went down from it', async () => {
    assert.equal((await of([stood, { id: 'hold', message: update({ from: '1.1', to: '1.0' }), count: 0 }])).by, null)
  })
})

describe('what a look at the past costs', () => {
  it('is little, however many commits came since', async () => {
    const { by, looks } = await ask([...written, ...others(900), { id: 'revert', count: 0 }, ...others(1100, 900)])
    assert.equal(by, 'revert')
    assert.ok(looks.length <= 24, `${looks.length}`)
  })

  it('is bounded where many commits may have written to the file', async () => {
    const { by, looks } = await ask([{ id: 'begin' }, ...others(500).map((one) => ({ ...one, message: trailersOnly }))])
    assert.equal(by, null)
    assert.equal(looks.length, 200)
  })

  it('is less where it is known who took the value back', async () => {
    const made = [...written, ...others(5), { id: 'revert', count: 0 }, ...others(9, 5)]
    assert.deepEqual(await ask(made, undefined, 'revert'), { by: 'revert', looks: ['write', 'begin'] })
    const again = [...made, { id: 'rewrite', message: update(), count: 1 }, { id: 'second', count: 0 }]
    assert.equal((await ask(again, undefined, 'revert')).by, 'second')
  })
})

describe('a past whose files cannot be had', () => {
  it('holds what may have been taken back', async () => {
    const nothing = async () => undefined
    assert.equal((await ask([...written, { id: 'revert', count: 0 }], nothing)).by, undefined)
    assert.equal((await ask([{ id: 'begin' }, { id: 'write', message: update({ file: 'b.yaml' }) }], nothing)).by, null)
  })

  it('fails where it could be had another time', async () => {
    const failing = () => Promise.reject(new Error('no connection'))
    await assert.rejects(ask(written, failing), /no connection/)
  })
})
