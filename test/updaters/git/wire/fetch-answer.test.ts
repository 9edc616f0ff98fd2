import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { packetLine, packets } from '../../../../src/updaters/git/packet-lines.js'
import { httpTransport } from '../../../../src/updaters/git/transports/http.js'
import { packOf } from '../../../../src/updaters/git/wire/fetch-answer.js'
import { packetStream } from '../../../../src/updaters/git/wire/packet-stream.js'
import { inPieces } from '../packs.js'
import { gitError } from '../scene.js'

const credentials = { username: 'bot', password: 's3cret' }
const transport = httpTransport(new URL('http://git.example.com/fleet.git'), { credentials })

/** `|` is a delimiter, `.` a flush packet. */
function answer(...lines: string[]): Buffer {
  const special = new Map([
    ['|', '0001'],
    ['.', '0000'],
  ])
  return Buffer.concat(lines.map((line) => Buffer.from(special.get(line) ?? packetLine(line))))
}

async function read(bytes: Buffer, size = () => bytes.length): Promise<string> {
  let data = ''
  for await (const piece of packOf(transport, inPieces(bytes, size))) data += piece
  return data
}

const whole = answer(
  'shallow-info\n',
  `shallow ${'1'.repeat(40)}\n`,
  '|',
  'packfile\n',
  '\x01PA',
  '\x02hello\n',
  '\x01',
  '\x01CK',
  '.',
)

test('the pack is what stands in band 1 of its section', async () => {
  assert.equal(await read(whole), 'PACK')
  assert.equal(await read(answer('packfile\n', '\x01PACK', '.')), 'PACK')
})

test('the pack is the same however the answer arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 20 })), async (sizes) => {
      assert.equal(await read(whole, () => sizes.next().value ?? 1), 'PACK')
    }),
    { numRuns: 30 },
  )
})

test('an answer that is cut anywhere is refused', async () => {
  for (let end = 0; end < whole.length; end++)
    await assert.rejects(read(whole.subarray(0, end)), gitError('INVALID_ANSWER', true, /too early$/), `${end}`)
})

test('an answer without a pack, or with more after it, is refused', async () => {
  await assert.rejects(read(answer('.')), gitError('INVALID_ANSWER', true))
  await assert.rejects(read(answer('acknowledgments\n', 'NAK\n', '.')), gitError('INVALID_ANSWER', true))
  await assert.rejects(read(answer('packfile\n', '\x01PACK', '.', '\x01more', '.')), gitError('INVALID_ANSWER', false))
  await assert.rejects(read(Buffer.from('<html>')), gitError('INVALID_ANSWER', false, /not the Git protocol/))
})

test('why the server gives up is passed on, without secrets', async () => {
  const cases: [Buffer, ReturnType<typeof gitError>][] = [
    [answer('ERR access denied\n'), gitError('REJECTED', false, /^access denied$/)],
    [answer('shallow-info\n', 'ERR no s3cret\n'), gitError('REJECTED', false, /^no \*\*\*$/)],
    [answer('packfile\n', '\x01PA', '\x03out of\x1b memory\n'), gitError('REJECTED', false, /^out of {2}memory$/)],
    [answer(`ERR upload-pack: not our ref ${'1'.repeat(40)}\n`), gitError('STALE', true, /^branch has moved/)],
  ]
  for (const [bytes, expected] of cases) await assert.rejects(read(bytes), expected)
})

test('packets are the same while they arrive as in one piece', async () => {
  const bytes = answer('a', '', 'long'.repeat(10_000), '.', '|', 'end')
  const lines = fc.infiniteStream(fc.integer({ min: 1, max: 9_000 }))
  await fc.assert(
    fc.asyncProperty(lines, async (sizes) => {
      const found: unknown[] = []
      for await (const some of packetStream(inPieces(bytes, () => sizes.next().value ?? 1))) found.push(...some)
      assert.deepEqual(found, [...packets(bytes)])
    }),
    { numRuns: 10 },
  )
})

test('packets without end are refused', async () => {
  const empty = Buffer.from('0004'.repeat(100_000))
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield empty
  }
  await assert.rejects(
    async () => {
      for await (const _ of packetStream(endless()));
    },
    gitError('TOO_LARGE', false, /4000000 packets/),
  )
})
