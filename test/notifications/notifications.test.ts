import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobsError } from '../../src/jobs/errors.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import type { Destination } from '../../src/notifications/destination.js'
import { type NotificationsOptions, startNotifications } from '../../src/notifications/notifications.js'
import { eventually } from '../parts/eventually.js'
import { type Answer, startReceiver } from '../parts/fakes/receiver.js'
import { type ManualClock, manualClock } from '../parts/manual-clock.js'
import { held, updated } from './notices.js'

test('makes one message of 200 updates for each who wants them', async (t) => {
  const { clock, notifications, people, reconciler, outcomes } = await telling(t, () => ({ status: 200 }))
  for (let index = 0; index < 200; index++) notifications.tell(updated({ commit: `${index}`.padStart(40, '0') }))
  notifications.tell(held('app'))
  await eventually('the reconciler is told', () => settled(clock, () => reconciler.received.length === 1))
  assert.equal(people.received.length, 0)
  await clock.advance(10_000)
  await eventually('people are told', () => people.received.length === 1)
  const { data } = JSON.parse(people.received[0]?.body ?? '')
  assert.deepEqual([data.title, data.notices.length], ['Tidemark: 1 held, 200 updated', 201])
  await notifications.stop()
  assert.deepEqual(outcomes.sort(), ['people sent 201', 'reconciler sent 200'])
})

test('tries again what may be taken later, no sooner than asked, and what is refused never', async (t) => {
  const answers = [{ status: 500 }, { status: 429, headers: { 'retry-after': '120' } }, { status: 200 }]
  const { clock, notifications, people, outcomes } = await telling(t, ({ path }) =>
    path === '/people' ? answers[people.received.length - 1] : { status: 404 },
  )
  notifications.tell(updated())
  await eventually('the reconciler has refused', () => settled(clock, () => outcomes.length === 1))
  await clock.advance(10_000)
  await eventually('the first try has failed', () => settled(clock, () => outcomes.length === 2))
  await clock.advance(2_000)
  await eventually('people are asked again', () => people.received.length === 2)
  await eventually('the second try has failed', () => settled(clock, () => outcomes.length === 3))
  await clock.advance(119_000)
  assert.equal(people.received.length, 2)
  await clock.advance(1_000)
  await eventually('people are asked once more', () => people.received.length === 3)
  await notifications.stop()
  assert.deepEqual([...outcomes].sort(), [
    'people failed 1',
    'people failed 1',
    'people sent 1',
    'reconciler refused 1',
  ])
  const ids = people.received.map(({ body }) => JSON.parse(body).id)
  assert.equal(new Set(ids).size, 1)
})

test('sends what is collected when it stops, and nobody waits for one who is silent', async (t) => {
  const { clock, notifications, people, reconciler } = await telling(t, ({ path }) =>
    path === '/people' ? { status: 200 } : undefined,
  )
  notifications.tell(updated())
  await eventually('the reconciler is asked', () => settled(clock, () => reconciler.received.length === 1))
  const stopped = notifications.stop()
  await eventually('people are told', () => people.received.length === 1)
  await clock.advance(2_500)
  await stopped
})

test('tells once that a policy file is refused and is right again, whoever has read it', async (t) => {
  const { notifications, people } = await telling(t, () => ({ status: 200 }))
  for (let at = 0; at < 3; at++) {
    notifications.tell({ type: 'config-refused', at, reason: 'hunter2' })
    notifications.tell({ type: 'recovered', at, what: 'config', policies: [] })
  }
  await eventually('people are told', () => people.received.length === 2)
  await notifications.stop()
  const titles = people.received.map(({ body }) => JSON.parse(body).data)
  assert.deepEqual(titles.map(({ title }) => title).sort(), ['Policy file refused', 'Works again: Policy file'])
  assert.match(JSON.stringify(titles), /"reason":"\*\*\*"/)
})

test('says what cannot be queued, queues it later, and says whose message nobody here knows', async () => {
  const clock = manualClock()
  const troubles: string[] = []
  const jobs = memoryJobs({ clock, random: () => 0, onTrouble: ({ reason }) => troubles.push(reason) })
  let isAway = true
  const add: typeof jobs.notices.add = async (...order) => {
    if (isAway) throw new JobsError('UNAVAILABLE', 'Cannot queue: away', { retryable: true })
    await jobs.notices.add(...order)
  }
  const destinations: Destination[] = [{ ...WISHES, name: 'people', to: 'webhook', url: 'http://127.0.0.1:1' }]
  const options = {
    ...SURROUNDINGS,
    clock,
    destinations,
    events: { notified() {}, queueTroubled: (trouble: { reason: string }) => void troubles.push(trouble.reason) },
  }
  const cut = startNotifications({
    ...options,
    jobs: { notices: { ...jobs.notices, add, stop: async () => {} } },
    sends: false,
  })
  cut.tell(held('app'))
  await clock.advance(10_000)
  assert.deepEqual(troubles, ['Cannot queue: away'])
  isAway = false
  await clock.advance(5_000)
  assert.equal((await jobs.notices.counts()).waiting, 1)
  isAway = true
  cut.tell(held('app'))
  await cut.stop()
  assert.deepEqual(troubles, ['Cannot queue: away', 'Cannot queue: away'])
  const own = startNotifications({ ...options, jobs, sends: true })
  await jobs.notices.add({ version: 1, target: 'slack-0', id: 'id', notices: [held('app')] })
  await clock.advance(3_600_000)
  const setAside =
    'Job set aside: Cannot notify: this policy file has no entry of "notifications" that the message is for'
  assert.ok(troubles.includes(setAside), troubles.join('\n'))
  await own.stop()
})

/** Answers come in real time, and what is made of them then. */
async function settled(clock: ManualClock, condition: () => boolean): Promise<boolean> {
  await clock.advance(0)
  return condition()
}

const WISHES = { on: ['updated', 'held', 'recovered', 'config-refused'], intervalMs: 10_000 } as const
const SURROUNDINGS = {
  proxies: { except: '' },
  userAgent: 'tidemark/test',
  clean: (text: string) => text.replace('hunter2', '***'),
}

/** Two destinations: one collects for people, one is told at once of commits. */
async function telling(t: { after(end: () => Promise<void>): void }, answer: Answer) {
  const clock = manualClock()
  const people = await startReceiver(answer)
  const reconciler = await startReceiver(answer)
  t.after(people.stop)
  t.after(reconciler.stop)
  const outcomes: string[] = []
  const events: NotificationsOptions['events'] = {
    notified: ({ to, outcome, notices }) => void outcomes.push(`${to} ${outcome} ${notices}`),
    queueTroubled: ({ reason }) => assert.fail(reason),
  }
  const destinations: Destination[] = [
    { ...WISHES, name: 'people', to: 'webhook', url: `${people.origin}/people` },
    {
      ...WISHES,
      name: 'reconciler',
      on: ['updated'],
      intervalMs: 0,
      to: 'flux-receiver',
      url: `${reconciler.origin}/hook`,
    },
  ]
  const jobs = memoryJobs({ clock, random: () => 1, graceMs: 8_000 })
  const notifications = startNotifications({ ...SURROUNDINGS, destinations, jobs, events, clock, sends: true })
  return { clock, notifications, people, reconciler, outcomes }
}
