import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../../lifecycle/clock.js'
import { GitError, type GitErrorCode } from '../errors.js'
import type { GitObject } from '../objects.js'
import type { Oid } from '../repository.js'
import { stateError } from '../state-error.js'
import { openObjectStore } from './object-store.js'
import { receivePack } from './receive.js'

/** What the thread is sent. */
export type Sent =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  /** Of the pack; broken where it breaks off. */
  | { readonly type: 'end'; readonly isBroken: boolean }
  /** One message of objects. */
  | { readonly type: 'taken' }
  /** What was asked for, if it could be had. */
  | { readonly type: 'fetched'; readonly hasFailed: boolean }

/** What it answers, `done` last of all. */
export type Answered =
  /** So many bytes of chunks are used. */
  | { readonly type: 'used'; readonly bytes: number }
  | { readonly type: 'objects'; readonly objects: readonly Told[]; readonly bytes: Uint8Array }
  | { readonly type: 'fetch'; readonly oids: readonly Oid[] }
  | { readonly type: 'done'; readonly failure?: Failure }

/** The bytes of all stand one after the other. */
export type Told = readonly [oid: Oid, type: GitObject['type'], size: number]

export interface Failure {
  readonly message: string
  readonly code: GitErrorCode | undefined
  readonly retryable: boolean
}

/** Messages of objects that nobody has taken yet. */
const MAX_UNTAKEN = 2

const chunks: Uint8Array[] = []
let end: { readonly isBroken: boolean } | undefined
let untaken = 0
let fetched: { readonly hasFailed: boolean } | undefined
/** One wait at a time: a pack is read by one after the other. */
let wake = () => {}

parentPort?.on('message', (sent: Sent) => {
  if (sent.type === 'chunk') chunks.push(sent.bytes)
  else if (sent.type === 'end') end = sent
  else if (sent.type === 'taken') untaken--
  else fetched = sent
  wake()
})
const answer = (answered: Answered, transferred: readonly ArrayBuffer[] = []) =>
  parentPort?.postMessage(answered, transferred)
answer(await receiveAll(workerData))

async function receiveAll(folder: string): Promise<Answered> {
  // One more process at the folder, as it were: what it adds is seen by the next look at it.
  const store = openObjectStore({ folder, clock: systemClock, maxBytes: Number.POSITIVE_INFINITY, maxFiles: Infinity })
  try {
    await store.refresh()
    await receivePack(store, arriving(), {
      async fetch(oids) {
        answer({ type: 'fetch', oids })
        await until(() => fetched !== undefined)
        if (fetched?.hasFailed) throw new Error('what was asked for could not be had')
        await store.refresh()
      },
      async received(found) {
        await until(() => untaken < MAX_UNTAKEN)
        untaken++
        const bytes = new Uint8Array(Buffer.concat(found.map(({ object }) => object.bytes)))
        const objects = found.map(({ oid, object }): Told => [oid, object.type, object.bytes.length])
        answer({ type: 'objects', objects, bytes }, [bytes.buffer])
      },
    })
    return { type: 'done' }
  } catch (thrown) {
    const known = stateError(thrown)
    const { code, retryable } = known instanceof GitError ? known : { code: undefined, retryable: false }
    return {
      type: 'done',
      failure: { message: known instanceof Error ? known.message : String(known), code, retryable },
    }
  }
}

async function* arriving(): AsyncGenerator<Uint8Array> {
  for (;;) {
    await until(() => chunks.length > 0 || end !== undefined)
    const next = chunks.shift()
    if (next !== undefined) {
      answer({ type: 'used', bytes: next.length })
      yield next
    } else if (end?.isBroken) throw new Error('the pack breaks off')
    else return
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo())
    await new Promise<void>((resolve) => {
      wake = resolve
    })
}
