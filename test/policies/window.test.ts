import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PolicyError } from '../../src/policies/errors.js'
import { createWindow, type WindowTexts } from '../../src/policies/window.js'

const WORK = 'Mon-Fri 09:00-17:00'
const DAY_MS = 86_400_000

/** `open`, or the instant at which it opens, or `never`. */
function stateAt(texts: WindowTexts, at: string): string {
  const state = createWindow(texts).judge(Date.parse(at))
  if (state.open) return 'open'
  return state.until === undefined ? 'never' : new Date(state.until).toISOString().replace(':00.000Z', 'Z')
}

describe('allow', () => {
  // 2026-11-20 is a Friday.
  const cases: readonly [allow: string | readonly string[], at: string, state: string][] = [
    [WORK, '2026-11-20T09:00Z', 'open'],
    [WORK, '2026-11-20T16:59:59.999Z', 'open'],
    [WORK, '2026-11-20T17:00Z', '2026-11-23T09:00Z'],
    [WORK, '2026-11-20T08:59:59.999Z', '2026-11-20T09:00Z'],
    [WORK, '2026-11-22T12:00Z', '2026-11-23T09:00Z'],
    ['mon-FRIDAY 9:00-17:00', '2026-11-20T12:00Z', 'open'],
    [' Mon , Wed - Fri\n09:00 - 12:00 , 13:00-17:00 ', '2026-11-20T12:30Z', '2026-11-20T13:00Z'],
    ['Mon,Wed-Fri', '2026-11-17T00:00Z', '2026-11-18T00:00Z'],
    ['Sat,Sun', '2026-11-20T23:59Z', '2026-11-21T00:00Z'],
    ['Fri-Mon', '2026-11-23T23:59Z', 'open'],
    ['Fri-Mon', '2026-11-24T00:00Z', '2026-11-27T00:00Z'],
    ['Fri-Fri', '2026-11-21T00:00Z', '2026-11-27T00:00Z'],
    ['Mon-Sun', '2026-11-22T23:59Z', 'open'],
    ['Fri 22:00-06:00', '2026-11-21T05:59Z', 'open'],
    ['Fri 22:00-06:00', '2026-11-20T05:59Z', '2026-11-20T22:00Z'],
    ['Fri 22:00-06:00', '2026-11-21T06:00Z', '2026-11-27T22:00Z'],
    ['Sun 22:00-06:00', '2026-11-23T05:59Z', 'open'],
    ['Sun 22:00-06:00', '2026-11-23T06:00Z', '2026-11-29T22:00Z'],
    ['22:00-06:00', '2026-11-18T12:00Z', '2026-11-18T22:00Z'],
    ['22:00-00:00', '2026-11-18T23:59Z', 'open'],
    ['22:00-00:00', '2026-11-19T00:00Z', '2026-11-19T22:00Z'],
    ['00:00-24:00', '2026-11-18T23:59:59.999Z', 'open'],
    [['Mon 08:00-09:00', 'Thu'], '2026-11-18T12:00Z', '2026-11-19T00:00Z'],
    [['Mon 08:00-09:00', 'Thu'], '2026-11-19T12:00Z', 'open'],
    [WORK, '1969-12-31T08:00Z', '1969-12-31T09:00Z'],
  ]
  for (const [allow, at, state] of cases) {
    it(`makes ${JSON.stringify(allow)} at ${at}: ${state}`, () => {
      assert.equal(stateAt({ allow, timezone: 'UTC' }, at), state)
    })
  }
})

describe('freeze', () => {
  const XMAS = '2026-12-24/2027-01-02'
  const cases: readonly [texts: WindowTexts, at: string, state: string][] = [
    [{ freeze: [XMAS] }, '2026-12-23T23:59:59.999Z', 'open'],
    [{ freeze: [XMAS] }, '2026-12-24T00:00Z', '2027-01-03T00:00Z'],
    [{ freeze: [XMAS] }, '2027-01-02T23:59:59.999Z', '2027-01-03T00:00Z'],
    [{ freeze: [XMAS], timezone: 'Europe/Paris' }, '2026-12-23T23:00Z', '2027-01-02T23:00Z'],
    [{ freeze: [XMAS], timezone: 'Asia/Kathmandu' }, '2026-12-23T18:15Z', '2027-01-02T18:15Z'],
    [{ freeze: ['2026-12-25'] }, '2026-12-25T12:00Z', '2026-12-26T00:00Z'],
    [{ freeze: ['2024-02-29'] }, '2024-02-29T12:00Z', '2024-03-01T00:00Z'],
    [{ freeze: ['2026-12-24T18:00/2027-01-02T08:00'] }, '2026-12-24T17:59Z', 'open'],
    [{ freeze: ['2026-12-24T18:00/2027-01-02T08:00'] }, '2026-12-24T18:00Z', '2027-01-02T08:00Z'],
    [{ freeze: ['2026-12-24 / 2027-01-02 08:00'] }, '2026-12-24T00:00Z', '2027-01-02T08:00Z'],
    [{ freeze: ['2026-12-24T18:00-05:00/2026-12-25T00:00:30.5Z'] }, '2026-12-24T23:00Z', '2026-12-25T00:00:30.500Z'],
    [{ freeze: ['2026-12-24T18:00Z/2026-12-25'], timezone: 'Asia/Tokyo' }, '2026-12-24T18:00Z', '2026-12-25T15:00Z'],
    [{ freeze: ['2026-12-24', '2026-12-26', '2026-12-25'] }, '2026-12-24T12:00Z', '2026-12-27T00:00Z'],
    // What it is followed by is not a window.
    [{ freeze: [XMAS], allow: WORK }, '2026-12-24T12:00Z', '2027-01-04T09:00Z'],
    // The next windows are frozen.
    [
      { freeze: ['2026-11-23', '2026-11-24T00:00/2026-11-24T10:00'], allow: WORK },
      '2026-11-20T18:00Z',
      '2026-11-24T10:00Z',
    ],
    [{ freeze: ['2026-01-01/2026-12-31'] }, '2026-01-01T00:00Z', '2027-01-01T00:00Z'],
    [{ freeze: ['2026-01-01/2027-01-02'] }, '2026-01-01T00:00Z', 'never'],
    [{ freeze: [] }, '2026-01-01T00:00Z', 'open'],
  ]
  for (const [texts, at, state] of cases) {
    it(`makes ${JSON.stringify(texts)} at ${at}: ${state}`, () => {
      assert.equal(stateAt({ timezone: 'UTC', ...texts }, at), state)
    })
  }
})

describe('a change of the clocks', () => {
  const cases: readonly [timezone: string, texts: WindowTexts, at: string, state: string][] = [
    // 02:00 becomes 03:00 at 01:00 UTC: what is left out does not come, what goes on beyond it comes shorter.
    ['Europe/Paris', { allow: 'Sun 02:00-03:00' }, '2026-03-29T00:59Z', '2026-04-05T00:00Z'],
    ['Europe/Paris', { allow: '02:15-02:45' }, '2026-03-29T01:00Z', '2026-03-30T00:15Z'],
    ['Europe/Paris', { allow: '02:30-04:00' }, '2026-03-29T00:59Z', '2026-03-29T01:00Z'],
    ['Europe/Paris', { allow: '02:30-04:00' }, '2026-03-29T01:59Z', 'open'],
    ['Europe/Paris', { allow: '02:30-04:00' }, '2026-03-29T02:00Z', '2026-03-30T00:30Z'],
    ['Europe/Paris', { allow: WORK }, '2026-03-27T18:00Z', '2026-03-30T07:00Z'],
    // 03:00 becomes 02:00 at 01:00 UTC: what is shown twice comes twice.
    ['Europe/Paris', { allow: '02:15-02:45' }, '2026-10-25T00:30Z', 'open'],
    ['Europe/Paris', { allow: '02:15-02:45' }, '2026-10-25T00:45Z', '2026-10-25T01:15Z'],
    ['Europe/Paris', { allow: '02:15-02:45' }, '2026-10-25T01:30Z', 'open'],
    ['Europe/Paris', { allow: '02:15-02:45' }, '2026-10-25T01:45Z', '2026-10-26T01:15Z'],
    ['Europe/Paris', { allow: 'Sun 01:00-02:15' }, '2026-10-25T00:20Z', '2026-10-25T01:00Z'],
    ['Europe/Paris', { allow: WORK }, '2026-10-23T18:00Z', '2026-10-26T08:00Z'],
    ['America/New_York', { allow: '02:00-03:00' }, '2026-03-08T06:59Z', '2026-03-09T06:00Z'],
    ['America/New_York', { allow: '01:00-02:00' }, '2026-11-01T05:00Z', 'open'],
    ['America/New_York', { allow: '01:00-02:00' }, '2026-11-01T06:59Z', 'open'],
    ['America/New_York', { allow: '01:00-02:00' }, '2026-11-01T07:00Z', '2026-11-02T06:00Z'],
    // 02:00 becomes 02:30 at 15:30 UTC, and 01:30 in April at 15:00 UTC.
    ['Australia/Lord_Howe', { allow: '02:00-02:30' }, '2026-10-03T15:29Z', '2026-10-04T15:00Z'],
    ['Australia/Lord_Howe', { allow: '02:15-03:00' }, '2026-10-03T15:00Z', '2026-10-03T15:30Z'],
    ['Australia/Lord_Howe', { allow: '01:30-01:45' }, '2026-04-04T14:50Z', '2026-04-04T15:00Z'],
    ['Asia/Kathmandu', { allow: '09:00-17:00' }, '2026-03-29T03:14Z', '2026-03-29T03:15Z'],
    ['UTC', { allow: '02:00-03:00' }, '2026-03-29T02:30Z', 'open'],
    // A freeze begins with the first and ends with the last, and what is left out is where the clocks are changed.
    ['Europe/Paris', { freeze: ['2026-10-25T02:30/2026-10-25T12:00'] }, '2026-10-25T00:29Z', 'open'],
    ['Europe/Paris', { freeze: ['2026-10-25T02:30/2026-10-25T12:00'] }, '2026-10-25T00:30Z', '2026-10-25T11:00Z'],
    ['Europe/Paris', { freeze: ['2026-10-24/2026-10-25T02:30'] }, '2026-10-25T00:45Z', '2026-10-25T01:30Z'],
    ['Europe/Paris', { freeze: ['2026-03-29T02:30/2026-03-29T12:00'] }, '2026-03-29T00:59Z', 'open'],
    ['Europe/Paris', { freeze: ['2026-03-29T02:30/2026-03-29T12:00'] }, '2026-03-29T01:00Z', '2026-03-29T10:00Z'],
    ['Europe/Paris', { freeze: ['2026-03-28/2026-03-29T02:30'] }, '2026-03-29T00:59Z', '2026-03-29T01:00Z'],
    ['Europe/Paris', { freeze: ['2026-10-25'] }, '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    ['America/New_York', { freeze: ['2026-03-08'] }, '2026-03-08T05:00Z', '2026-03-09T04:00Z'],
    // The first hour of the day is shown twice, and the last one of the day.
    ['America/Havana', { freeze: ['2026-10-31'] }, '2026-10-31T12:00Z', '2026-11-01T04:00Z'],
    ['America/Havana', { freeze: ['2026-11-01'] }, '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
    ['Asia/Beirut', { freeze: ['2026-10-24'] }, '2026-10-24T12:00Z', '2026-10-24T22:00Z'],
    // The first hour of the day is left out, and a day.
    ['Asia/Beirut', { freeze: ['2026-03-29'] }, '2026-03-28T21:59Z', 'open'],
    ['Asia/Beirut', { freeze: ['2026-03-29'] }, '2026-03-28T22:00Z', '2026-03-29T21:00Z'],
    ['Pacific/Apia', { freeze: ['2011-12-29/2011-12-30'] }, '2011-12-29T12:00Z', '2011-12-30T10:00Z'],
    ['Pacific/Apia', { allow: 'Fri' }, '2011-12-30T09:59Z', '2012-01-05T10:00Z'],
  ]
  for (const [timezone, texts, at, state] of cases) {
    it(`makes ${JSON.stringify(texts)} in ${timezone} at ${at}: ${state}`, () => {
      assert.equal(stateAt({ ...texts, timezone }, at), state)
    })
  }
})

describe('a reason', () => {
  const cases: readonly [texts: WindowTexts, reason: string][] = [
    [{ allow: WORK, timezone: 'Europe/Paris' }, `outside "${WORK}" (Europe/Paris)`],
    [{ allow: 'Mon\n \u00a009:00-17:00', timezone: 'utc' }, 'outside "Mon 09:00-17:00" (utc)'],
    [{ allow: ['Mon', 'Tue'], timezone: 'Asia/Kathmandu' }, 'outside "Mon" and "Tue" (Asia/Kathmandu)'],
    [
      { allow: ['Mon', 'Tue', 'Wed', 'Mon', 'Thu'], timezone: 'UTC' },
      'outside "Mon" and "Tue" and "Wed" and 2 more (UTC)',
    ],
    [{ freeze: ['2026-11-21'], allow: WORK, timezone: 'UTC' }, 'frozen by "2026-11-21" (UTC)'],
    [
      { freeze: ['2026-11-20', '2026-11-19/2026-11-22', '2026-11-21'], timezone: 'UTC' },
      'frozen by "2026-11-19/2026-11-22" (UTC)',
    ],
    [{ allow: WORK }, `outside "${WORK}" (${new Intl.DateTimeFormat().resolvedOptions().timeZone})`],
  ]
  for (const [texts, reason] of cases) {
    it(`is ${reason}`, () => {
      const state = createWindow(texts).judge(Date.parse('2026-11-21T18:00Z'))
      assert.equal(state.open ? 'open' : state.reason, reason)
    })
  }
})

describe('createWindow', () => {
  const noDay = (text: string) =>
    `"${text}" is no day or time that there is, such as "2026-12-24" or "2026-12-24T18:00"`
  const refused: readonly [texts: WindowTexts, message: string][] = [
    [{ allow: '' }, 'Cannot parse window "": it is empty'],
    [{ allow: [' '] }, 'Cannot parse window "": it is empty'],
    [{ allow: [] }, 'Cannot parse windows: there is none'],
    [{ allow: 'Mon-Fry' }, 'Cannot parse window "Mon-Fry": "Fry" is no day such as "Mon" or "Monday"'],
    [{ allow: ['Mon', 'Mo'] }, 'Cannot parse window "Mo": "Mo" is no day such as "Mon" or "Monday"'],
    [{ allow: 'Mon, 09:00-17:00' }, 'Cannot parse window "Mon, 09:00-17:00": "" is no day such as "Mon" or "Monday"'],
    [
      { allow: 'Mon-Wed-Fri' },
      'Cannot parse window "Mon-Wed-Fri": "Mon-Wed-Fri" is no range of days such as "Mon-Fri"',
    ],
    [{ allow: '09:00' }, 'Cannot parse window "09:00": "09:00" is no range of times such as "09:00-17:00"'],
    [{ allow: '9-17' }, 'Cannot parse window "9-17": "9" is no time from "00:00" to "24:00"'],
    [{ allow: '09:00-25:00' }, 'Cannot parse window "09:00-25:00": "25:00" is no time from "00:00" to "24:00"'],
    [{ allow: '09:00-24:01' }, 'Cannot parse window "09:00-24:01": "24:01" is no time from "00:00" to "24:00"'],
    [{ allow: '09:60-10:00' }, 'Cannot parse window "09:60-10:00": "09:60" is no time from "00:00" to "24:00"'],
    [{ allow: '24:00-06:00' }, 'Cannot parse window "24:00-06:00": "24:00" can only be an end'],
    [
      { allow: '09:00-09:00' },
      'Cannot parse window "09:00-09:00": "09:00-09:00" ends when it begins, and a whole day is "00:00-24:00"',
    ],
    [{ freeze: [''] }, `Cannot parse freeze "": ${noDay('')}`],
    [{ freeze: ['2026-02-31'] }, `Cannot parse freeze "2026-02-31": ${noDay('2026-02-31')}`],
    [{ freeze: ['2026-12-24/'] }, `Cannot parse freeze "2026-12-24/": ${noDay('')}`],
    [
      { freeze: ['2026-12-24T25:00/2026-12-26'] },
      `Cannot parse freeze "2026-12-24T25:00/2026-12-26": ${noDay('2026-12-24T25:00')}`,
    ],
    [
      { freeze: ['2026-12-24/2026-12-23'] },
      'Cannot parse freeze "2026-12-24/2026-12-23": its end is not after its start',
    ],
    [
      { freeze: ['2026-12-24T10:00/2026-12-24T11:00+01:00'], timezone: 'UTC' },
      'Cannot parse freeze "2026-12-24T10:00/2026-12-24T11:00+01:00": its end is not after its start',
    ],
    [{ freeze: ['2026-12-24T10:00'] }, 'Cannot parse freeze "2026-12-24T10:00": it has no end'],
    [
      { freeze: ['2026-12-24/2026-12-25/2026-12-26'] },
      'Cannot parse freeze "2026-12-24/2026-12-25/2026-12-26": it has more than a start and an end',
    ],
    [{ timezone: 'Mars/Olympus' }, 'Cannot use time zone "Mars/Olympus": it is unknown'],
    [{ timezone: '' }, 'Cannot use time zone "": it is unknown'],
    [{ allow: Array(51).fill('Mon') }, 'Cannot parse windows: there are more than 50'],
    [{ freeze: Array(101).fill('2026-12-24') }, 'Cannot parse freezes: there are more than 100'],
    [{ allow: 'M'.repeat(101) }, `Cannot parse window "${'M'.repeat(100)}…": it has more than 100 characters`],
    [{ freeze: ['2'.repeat(101)] }, `Cannot parse freeze "${'2'.repeat(100)}…": it has more than 100 characters`],
  ]
  for (const [texts, message] of refused) {
    it(`says ${message.slice(0, 100)}`, () => {
      assert.throws(() => createWindow(texts), new PolicyError('INVALID_WINDOW', message))
    })
  }

  it('takes as much as there may be, and judges it in bounded time', () => {
    const allow = Array<string>(50).fill(`Mon ${Array(8).fill('09:00-9:01').join(',')}`)
    const freeze = Array.from({ length: 100 }, (_, index) => new Date(index * 2 * DAY_MS).toISOString().slice(0, 10))
    const window = createWindow({ allow, freeze, timezone: 'Europe/Paris' })
    const started = performance.now()
    for (let hour = 0; hour < 240; hour++) window.judge(hour * 3_600_000)
    assert.ok((performance.now() - started) / 240 < 20)
  })

  it('judges an instant between two milliseconds', () => {
    const window = createWindow({ allow: 'Sun 02:30-04:00', timezone: 'Europe/Paris' })
    const until = Date.parse('2026-03-29T01:00Z')
    const reason = 'outside "Sun 02:30-04:00" (Europe/Paris)'
    assert.deepEqual(window.judge(until - 0.1), { open: false, reason, until })
    assert.deepEqual(window.judge(until + 0.1), { open: true })
  })

  it('is open always where nothing is said', () => assert.deepEqual(createWindow({}).judge(0), { open: true }))
})

const ZONES = Intl.supportedValuesOf('timeZone')
const DAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const day = fc.constantFrom(...DAY_NAMES, 'sunday')
const days = fc.array(
  fc.tuple(day, fc.option(day)).map(([from, to]) => (to === null ? from : `${from}-${to}`)),
  { maxLength: 3 },
)
const clock = fc.integer({ min: 0, max: 1_439 }).map((minute) => {
  const quarter = minute - (minute % 15)
  return `${String(Math.floor(quarter / 60)).padStart(2, '0')}:${String(quarter % 60).padStart(2, '0')}`
})
const times = fc.array(
  fc
    .tuple(clock, clock)
    .filter(([from, to]) => from !== to)
    .map((both) => both.join('-')),
  { minLength: 1, maxLength: 2 },
)
const allow = fc.array(
  fc.tuple(days, times).map(([names, spans]) => `${names.join(',')} ${spans.join(',')}`),
  { minLength: 1, maxLength: 2 },
)
const zone = fc.oneof(
  fc.constantFrom('Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'),
  fc.constantFrom(...ZONES),
)
const instant = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) })
const freezes = (around: number) =>
  fc.array(
    fc
      .tuple(fc.integer({ min: -20, max: 60 }), fc.integer({ min: 0, max: 30 }), clock, fc.boolean())
      .map(([from, length, time, timed]) => {
        const [start, end] = [from, from + length].map((days) =>
          new Date(around + days * DAY_MS).toISOString().slice(0, 10),
        )
        return timed ? `${start}T${time}/${end}T23:59` : `${start}/${end}`
      }),
    { maxLength: 3 },
  )
const scene = fc
  .record({ allow: fc.option(allow, { nil: undefined }), timezone: zone, now: instant })
  .chain(({ now, ...rest }) => freezes(now).map((freeze) => ({ now, texts: { ...rest, freeze } as WindowTexts })))

describe('properties', () => {
  it('opens at the first instant at which it says it does', () => {
    const share = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(scene, share, ({ texts, now }, shares) => {
        const window = createWindow(texts)
        const state = window.judge(now)
        if (state.open) return
        const { until = now + 366 * DAY_MS } = state
        if (state.until !== undefined) assert.deepEqual(window.judge(until), { open: true })
        assert.ok(until > now)
        for (const at of [
          until - 1,
          until - 900_000,
          ...shares.map((part) => now + Math.floor(part * (until - now))),
        ]) {
          assert.ok(at < now || at >= until || !window.judge(at).open, new Date(at).toISOString())
        }
      }),
      { numRuns: 500 },
    )
  })

  it('goes by what the clocks show', () => {
    fc.assert(
      fc.property(fc.tuple(day, clock, clock), zone, instant, ([name, from, to], timezone, now) => {
        fc.pre(from !== to)
        const window = createWindow({ allow: `${name} ${from}-${to}`, timezone })
        const index = DAY_NAMES.indexOf(shortened(name))
        const after = DAY_NAMES[(index + 1) % 7]
        const [weekday, time] = clockOf(now, timezone)
        const today = weekday === shortened(name)
        const open =
          from < to ? today && from <= time && time < to : (today && from <= time) || (weekday === after && time < to)
        assert.equal(window.judge(now).open, open)
      }),
      { numRuns: 1_000 },
    )
  })

  it('throws nothing but PolicyError, whatever the texts', () => {
    const texts = fc.string({
      unit: fc.constantFrom(...'MonFri0123459:-/,TZ+ \n', 'Sun', '2026-12-2', '09:00'),
      maxLength: 12,
    })
    const refusedOrJudged = (allow: string, freeze: string, timezone: string) => {
      for (const given of [{ allow, timezone: 'UTC' }, { freeze: [freeze], timezone: 'UTC' }, { timezone }]) {
        try {
          createWindow(given).judge(0)
        } catch (error) {
          assert.ok(error instanceof PolicyError && error.code === 'INVALID_WINDOW')
        }
      }
    }
    const any = fc.oneof(texts, fc.string({ unit: 'binary' }))
    fc.assert(fc.property(any, any, any, refusedOrJudged), { numRuns: 300 })
  })
})

function shortened(name: string): string {
  return name === 'sunday' ? 'Sun' : name
}

/** Another way to the wall time than that of the sources. */
function clockOf(instant: number, timeZone: string): [weekday: string, time: string] {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' })
  const [weekday = '', time = ''] = parts.format(instant).split(/,? /)
  return [weekday, time]
}
