import { randomBytes } from 'node:crypto'
import type { Clock } from '../lifecycle/clock.js'

/** A browser that is logged in. */
export interface Session {
  /** What its cookie says. */
  readonly id: string
  /** What its forms must show. */
  readonly csrf: string
  /** Of the token that it was started with. */
  readonly tokenDigest: Buffer
  readonly startedAt: number
}

export interface Sessions {
  start(tokenDigest: Buffer): Session
  /** By the header `Cookie`. Using a session keeps it. */
  find(cookies: string | undefined): Session | undefined
  end(session: Session): void
}

export const SESSION_COOKIE = 'tidemark_session'
/** A page on a wall is used all the time, and asks for the token once a month. */
const IDLE_MS = 24 * 3_600_000
const LONGEST_MS = 30 * 24 * 3_600_000
/** Far more browsers than a team has: who starts more has a token, and ends the sessions that were not used for longest. */
const MOST_SESSIONS = 1_000

/** Sessions in the memory of this process: a restart ends them. */
export function createSessions(clock: Clock): Sessions {
  // The one that was used last is the last.
  const sessions = new Map<string, { readonly session: Session; readonly usedAt: number }>()

  return {
    start(tokenDigest) {
      const [id, csrf] = [secret(), secret()]
      const now = clock.now()
      const session: Session = { id, csrf, tokenDigest, startedAt: now }
      sessions.set(id, { session, usedAt: now })
      const [oldest] = sessions.keys()
      if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      return session
    },
    find(cookies) {
      const id = idIn(cookies)
      const found = id === undefined ? undefined : sessions.get(id)
      if (id === undefined || found === undefined) return undefined
      sessions.delete(id)
      const now = clock.now()
      if (now - found.usedAt > IDLE_MS || now - found.session.startedAt > LONGEST_MS) return undefined
      sessions.set(id, { session: found.session, usedAt: now })
      return found.session
    },
    end({ id }) {
      sessions.delete(id)
    },
  }
}

/** RFC 6265, section 5.4. */
function idIn(cookies = ''): string | undefined {
  const pairs = cookies.split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1)
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
