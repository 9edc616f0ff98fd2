import { Redis } from 'ioredis'
import { reasonOf } from '../error.js'
import type { Clock } from '../lifecycle/clock.js'
import { JobsError } from './errors.js'
import type { Trouble } from './options.js'

/** The connection for orders and records: it answers within about a second, or says that it cannot. */
export interface RedisStore {
  readonly client: Redis
  /** Throws `JobsError` `UNAVAILABLE` where Redis is away or refuses. Its message is "Cannot", `action` and the reason. */
  ask<T>(action: string, command: (client: Redis) => Promise<T>): Promise<T>
  close(): void
}

/** The connections of a worker: their commands wait for Redis as long as it takes. */
export interface WorkerRedis {
  /** BullMQ makes itself a second one of it, to block on. */
  readonly client: Redis
  /** Ends both, whatever they wait for. */
  cut(): void
}

const ANSWER_WITHIN_MS = 1_000
const RECONNECT_WITHIN_MS = 1_000
const RECONNECT = { retryStrategy: (attempt: number) => Math.min(attempt * 100, RECONNECT_WITHIN_MS) }

export function openStore(
  url: string,
  clock: Clock,
  onTrouble: (trouble: Trouble) => void,
  onRecovery: (queue: string) => void = () => {},
): RedisStore {
  const client = new Redis(url, {
    ...RECONNECT,
    enableOfflineQueue: false,
    commandTimeout: ANSWER_WITHIN_MS,
    maxRetriesPerRequest: 0,
  })
  const outage = watchOutage(client, onTrouble, onRecovery)
  client.on('ready', () => void warnOfEviction(client, onTrouble))
  // Only the first commands wait for a connection. Where there is none later, it was lost.
  const tried = firstTry(client, clock)

  return {
    client,
    async ask(action, command) {
      await tried
      try {
        if (client.status !== 'ready') throw new Error(outage.reason())
        const answer = await command(client)
        outage.end()
        return answer
      } catch (error) {
        if (isTimeout(error)) outage.begin(error)
        // Without the cause: ioredis hangs the failed command on its errors, and that of AUTH has the password.
        throw new JobsError('UNAVAILABLE', `Cannot ${action}: ${reasonOf(error)}`, { retryable: true })
      }
    },
    close() {
      outage.expect()
      client.disconnect()
    },
  }
}

export function openWorkerRedis(url: string): WorkerRedis {
  const clients: Redis[] = []
  const client = register(new Redis(url, { ...RECONNECT, maxRetriesPerRequest: null }))

  return {
    client,
    cut() {
      for (const each of clients) end(each)
    },
  }

  function register(opened: Redis): Redis {
    const duplicate = opened.duplicate.bind(opened)
    opened.duplicate = (changes) => register(duplicate(changes))
    // The store tells of an outage, once: its connection is lost with these.
    opened.on('error', () => {})
    clients.push(opened)
    return opened
  }
}

/** ioredis ends a connection that is between two tries without saying so, and who waits for its end waits for ever. */
function end(client: Redis): void {
  if (client.status === 'end') return
  if (client.status !== 'reconnecting') {
    client.disconnect()
    return
  }
  client.options.retryStrategy = () => null
  client.once('connect', () => client.disconnect())
  client.connect().catch(() => {})
}

/** Tells of each outage once, however many commands and tries to connect fail in it. */
function watchOutage(client: Redis, onTrouble: (trouble: Trouble) => void, onRecovery: (queue: string) => void) {
  let reason: string | undefined
  let told = false
  let expected = false
  const outage = {
    begin(error: unknown) {
      reason = reasonOf(error)
      if (!told && !expected) onTrouble({ queue: 'redis', reason: `Cannot reach Redis: ${reason}` })
      told = true
    },
    end() {
      reason = undefined
      if (told && !expected) onRecovery('redis')
      told = false
    },
    /** What follows is meant. */
    expect() {
      expected = true
    },
    reason: () => reason ?? 'Redis does not answer',
  }
  client.on('error', outage.begin)
  client.on('close', () => {
    if (reason === undefined) outage.begin(new Error('Connection is closed'))
  })
  client.on('ready', outage.end)
  return outage
}

function firstTry(client: Redis, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ANSWER_WITHIN_MS, resolve)
    const settle = () => {
      cancel()
      resolve()
    }
    client.once('ready', settle)
    client.once('close', settle)
  })
}

/** Redis that is allowed to evict keys drops jobs when its memory is full. */
async function warnOfEviction(client: Redis, onTrouble: (trouble: Trouble) => void): Promise<void> {
  const info = await client.info('memory').catch(() => '')
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'
  if (policy === 'noeviction' || !/^maxmemory:[1-9]/m.test(info)) return
  const reason = `Redis may drop jobs when its memory is full: its maxmemory-policy is "${policy}", not "noeviction"`
  onTrouble({ queue: 'redis', reason })
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}
