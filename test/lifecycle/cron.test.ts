import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { isCronExpression, scheduleCron } from '../../src/lifecycle/cron.js'

const EXPRESSIONS: readonly [string, boolean][] = [
  ['*/10 8-18 * * 1-5', true],
  ['0 4 * * *', true],
  ['30 0 4 * * *', true],
  ['0 4 * jul mon', true],
  ['0 4 L * *', true],
  ['0 4 * * 1#2', true],
  ['0 4 15W * ?', true],
  ['@daily', true],
  ['', false],
  ['* *', false],
  ['* * * *', false],
  ['0 0 0 0 0 0 0', false],
  ['60 * * * *', false],
  ['*/0 * * * *', false],
  ['1, * * * *', false],
  ['@reboot', false],
  ['every day', false],
  ['0 4 31 2 *', false],
  ['0 4 30W 2 *', false],
  ['0-999999999 * * * *', false],
  ['*\t* * * *', false],
  [`0 4 ${'1,'.repeat(200)}1 * *`, false],
]

for (const [expression, expected] of EXPRESSIONS) {
  test(`${JSON.stringify(expression.slice(0, 40))} is ${expected ? 'a' : 'no'} cron expression`, () => {
    assert.equal(isCronExpression(expression), expected)
  })
}

const MINUTE = 60_000

beforeEach(() =>
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate', 'Date'], now: Date.UTC(2026, 5, 1, 12, 0, 30) }),
)
afterEach(() => mock.timers.reset())

test('runs at its times, until it is stopped', () => {
  const times: string[] = []
  const stop = scheduleCron('*/5 * * * *', { timezone: 'UTC' }, () =>
    times.push(new Date().toISOString().slice(11, 16)),
  )
  pass(16)
  assert.deepEqual(times, ['12:05', '12:10', '12:15'])
  stop()
  pass(10)
  assert.equal(times.length, 3)
})

test('keeps to the time zone given', () => {
  const times: string[] = []
  const stop = scheduleCron('0 16 * * *', { timezone: 'Europe/Paris' }, () =>
    times.push(new Date().toISOString().slice(0, 16)),
  )
  pass(60 * 24)
  assert.deepEqual(times, ['2026-06-01T14:00'])
  stop()
})

test('times that passed while the process was asleep are made up for once', () => {
  let runs = 0
  const stop = scheduleCron('* * * * *', { timezone: 'UTC' }, () => {
    runs++
  })
  mock.timers.setTime(Date.UTC(2026, 5, 1, 13, 0, 30))
  mock.timers.tick(0)
  assert.equal(runs, 1)
  pass(2)
  assert.equal(runs, 3)
  stop()
})

test('what is due when it is stopped does not run', () => {
  const stop = scheduleCron('* * * * *', { timezone: 'UTC' }, () => assert.fail('ran'))
  stop()
  stop()
  pass(2)
})

function pass(minutes: number): void {
  for (let passed = 0; passed < minutes; passed++) mock.timers.tick(MINUTE)
}
