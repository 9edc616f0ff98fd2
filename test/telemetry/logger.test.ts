import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogger } from '../../src/telemetry/logger.js'
import { redaction, redactor } from '../../src/telemetry/redaction.js'

function lines(format: 'json' | 'human', level: 'debug' | 'info' | 'warn' | 'error' = 'info', secrets: string[] = []) {
  const written: string[] = []
  return {
    written,
    log: createLogger({ format, level, redact: redactor(secrets), write: (line) => written.push(line) }),
  }
}

describe('logger', () => {
  it('writes one JSON object a line', () => {
    const { written, log } = lines('json')
    log.warn('Poll failed', { repository: 'ghcr.io/org/app', attempt: 2 })
    assert.equal(written.length, 1)
    assert.ok(written[0]?.endsWith('\n'))
    const { time, ...record } = JSON.parse(written[0] ?? '')
    assert.match(time, /^\d{4}-\d\d-\d\dT/)
    assert.deepEqual(record, { level: 'warn', message: 'Poll failed', repository: 'ghcr.io/org/app', attempt: 2 })
  })

  it('writes a line for people', () => {
    const { written, log } = lines('human')
    log.info('Tag selected', { policy: 'app', tag: '1.2.3', places: [1, 2], previous: undefined })
    assert.match(written[0] ?? '', /^\d\d:\d\d:\d\d INFO {2}Tag selected {2}policy=app tag=1\.2\.3 places=\[1,2\]\n$/)
  })

  it('writes what others say on that one line', () => {
    const { written, log } = lines('human')
    log.warn('Push event refused\n', { reason: 'no webhook "\x1b[2J\n12:00:00 INFO all is well"' })
    assert.match(
      written[0] ?? '',
      /refused\\u\{a\} {2}reason=no webhook "\\u\{1b\}\[2J\\u\{a\}12:00:00 INFO all is well"\n$/,
    )
  })

  it('keeps to its level', () => {
    const { written, log } = lines('json', 'warn')
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    assert.deepEqual(
      written.map((line) => JSON.parse(line).message),
      ['c', 'd'],
    )
  })

  for (const format of ['json', 'human'] as const) {
    it(`never prints a secret, whatever field it is in (${format})`, () => {
      const { written, log } = lines(format, 'info', ['s3cret"quote', 'p@ss word', 'abc'])
      log.error('Cannot reach http://u:p%40ss%20word@host/', {
        reason: 's3cret"quote',
        nested: { deep: ['p@ss word'] },
      })
      const text = written.join('')
      assert.doesNotMatch(text, /s3cret|p@ss|p%40ss/)
      assert.match(text, /\*\*\*/)
    })
  }
})

describe('redactor', () => {
  const cases: readonly (readonly [readonly string[], string, string])[] = [
    [['secret'], 'a secret and a secret', 'a *** and a ***'],
    [['long-secret', 'secret'], 'long-secret', '***'],
    [['abc'], 'abc', 'abc'],
    [[], 'text', 'text'],
    [['a$&b'], 'x a$&b', 'x ***'],
  ]
  for (const [secrets, text, expected] of cases) {
    it(`${JSON.stringify(secrets)} in ${JSON.stringify(text)}`, () => assert.equal(redactor(secrets)(text), expected))
  }

  it('takes out more once it knows of more, and the former ones, too', () => {
    const { redact, add } = redaction(['former'])
    assert.equal(redact('former latter'), '*** latter')
    add(['latter'])
    assert.equal(redact('former latter'), '*** ***')
  })
})

it('asks for fields that take work only where they are written', () => {
  const asked: string[] = []
  const fieldsFor = (level: string) => () => {
    asked.push(level)
    return { level }
  }
  const quiet = lines('json', 'info')
  quiet.log.debug('Tags judged', fieldsFor('info'))
  const verbose = lines('human', 'debug')
  verbose.log.debug('Tags judged', () => ({ tags: fieldsFor('debug')() }))
  assert.deepEqual([asked, quiet.written], [['debug'], []])
  assert.match(verbose.written.join(), /Tags judged {2}tags=\{"level":"debug"\}/)
})
