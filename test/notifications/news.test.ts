import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Told } from '../../src/jobs/notices.js'
import { isSameTold, newsOf, type StuckPlace } from '../../src/notifications/news.js'
import { AT, held } from './notices.js'

const WHERE = { git: 'fleet', branch: 'main' }

test('tells once what is held, in one notice for each policy and reason', () => {
  const first = look(undefined, [
    stuck('web'),
    stuck('web', { file: 'b.yaml' }),
    stuck('api'),
    stuck('api', { reason: 'no tag' }),
  ])
  assert.deepEqual(first.told, ['web held 2', 'api held 1', 'api held 1'])
  const again = look(first.after, [stuck('api'), stuck('web')])
  assert.deepEqual(again.told, [])
  const back = look(again.after, [stuck('web'), stuck('api'), stuck('api', { reason: 'no tag' })])
  assert.deepEqual(back.told, ['api held 1'])
})

test('tells that what was failing is not any more, and nothing of what was held', () => {
  const first = look(undefined, [stuck('web', { state: 'failing' }), stuck('api')])
  const other = look(first.after, [stuck('web', { state: 'failing', reason: 'another' })])
  assert.deepEqual(other.told, ['web failing 1'])
  assert.deepEqual(look(other.after, []).told, ['web recovered'])
})

test('remembers what was told of policies that nothing is known of now', () => {
  const first = look(undefined, [stuck('web', { state: 'failing' }), stuck('api')])
  const unknown = look(first.after, [], ['web', 'api'])
  assert.deepEqual(unknown.told, [])
  assert.ok(isSameTold(first.after, unknown.after))
  assert.deepEqual(look(unknown.after, [stuck('api')]).told, ['web recovered'])
})

test('what was told is the same in any order', () => {
  const places = [stuck('web'), stuck('api'), stuck('db')]
  assert.deepEqual(
    Object.keys(look(undefined, places).after.places),
    Object.keys(look(undefined, places.reverse()).after.places),
  )
  assert.ok(isSameTold(undefined, look(undefined, []).after))
})

function stuck(policy: string, more: Partial<StuckPlace> = {}): StuckPlace {
  const { type, at, git, branch, places, ...place } = held(policy)
  return { ...place, ...more }
}

function look(before: Told | undefined, places: readonly StuckPlace[], unknown: readonly string[] = []) {
  const { news, after } = newsOf(before, { ...WHERE, stuck: places, unknown: new Set(unknown) }, AT)
  const told = news.map(({ policy, notice }) =>
    notice.type === 'held' ? `${policy} ${notice.state} ${notice.places}` : `${policy} ${notice.type}`,
  )
  return { told, after }
}
