import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PolicyError } from '../../src/policies/errors.js'
import { openZone, parseInstant } from '../../src/policies/local-time.js'

describe('parseInstant', () => {
  const instants: readonly [text: string, timezone: string, instant: string][] = [
    ['2026-12-01T08:00:00Z', 'Asia/Tokyo', '2026-12-01T08:00:00.000Z'],
    ['2026-12-01t08:00:00.123456789z', 'UTC', '2026-12-01T08:00:00.123Z'],
    ['2026-12-01 08:00:00.5-05:30', 'UTC', '2026-12-01T13:30:00.500Z'],
    ['2026-12-01T00:30+01:00', 'UTC', '2026-11-30T23:30:00.000Z'],
    ['2026-12-01', 'UTC', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01', 'Europe/Paris', '2026-11-30T23:00:00.000Z'],
    ['2026-12-01T08:00', 'America/New_York', '2026-12-01T13:00:00.000Z'],
    ['2026-12-01 08:00:15', 'Asia/Kathmandu', '2026-12-01T02:15:15.000Z'],
    ['2026-03-29T02:30', 'Europe/Paris', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Paris', '2026-10-25T01:30:00.000Z'],
    ['2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T15:15:00.000Z'],
    ['2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z'],
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01', 'UTC', '0001-01-01T00:00:00.000Z'],
    ['1900-01-01', 'America/New_York', '1900-01-01T05:00:00.000Z'],
    ['1960-01-01', 'Africa/Monrovia', '1960-01-01T00:44:30.000Z'],
  ]
  for (const [text, timezone, instant] of instants) {
    it(`reads ${text} in ${timezone}`, () => {
      assert.equal(new Date(parseInstant(text, timezone) ?? Number.NaN).toISOString(), instant)
    })
  }

  const none = [
    '',
    'tomorrow',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '26-01-01',
    '2026-12-01Z',
    '2026-12-01T8:00',
    '2026-12-01T24:00',
    '2026-12-01T08:60',
    '2026-12-01T08:00:60Z',
    '2026-12-01T08:00+24:00',
    '2026-12-01T08:00+0100',
    '2026-12-01T08:00 ',
    '2026-12-01T08:00\n',
    '2026-12-01/2026-12-02',
    '1764547200',
  ]
  for (const text of none) {
    it(`finds none in ${JSON.stringify(text)}`, () => assert.equal(parseInstant(text, 'UTC'), undefined))
  }

  it('takes the clocks of this machine where no zone is given', () => {
    assert.equal(parseInstant('2026-07-01T12:00'), new Date(2026, 6, 1, 12).getTime())
  })

  it('refuses a zone that nobody knows', () => {
    const refusal = new PolicyError('INVALID_WINDOW', 'Cannot use time zone "Mars/Olympus": it is unknown')
    assert.throws(() => parseInstant('2026-12-01', 'Mars/Olympus'), refusal)
  })

  it('throws at no text', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789-:TZ+. ') })
    fc.assert(fc.property(fc.oneof(digits, fc.string({ unit: 'binary' })), (text) => void parseInstant(text, 'UTC')))
  })
})

describe('a zone', () => {
  it('shows an instant again that was read by its clocks, or the second one of the same wall time', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
    const instants = fc.integer({ min: Date.UTC(1980, 0), max: Date.UTC(2040, 0) })
    fc.assert(
      fc.property(zones, instants, (name, instant) => {
        const wall = openZone(name).wallAt(instant)
        const again = parseInstant(new Date(wall).toISOString().slice(0, -1), name) ?? Number.NaN
        assert.ok(again >= instant)
        assert.equal(openZone(name).wallAt(again), wall)
      }),
      { numRuns: 500 },
    )
  })

  it('knows the instant at which its clocks are changed, and that they are not', () => {
    const { changeBetween } = openZone('Europe/Paris')
    const change = Date.parse('2026-03-29T01:00Z')
    assert.equal(changeBetween(Date.parse('2026-03-01'), Date.parse('2026-04-01')), change)
    assert.equal(changeBetween(change - 1, change), change)
    assert.equal(changeBetween(change, Date.parse('2026-10-01')), undefined)
  })
})
