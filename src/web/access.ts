import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../lifecycle/clock.js'
import { createAttempts } from './access-attempts.js'
import { isOurHost, isSameOrigin } from './access-origin.js'
import { createSessions, type Session } from './sessions.js'

/** What a request is judged by. */
export interface Visitor {
  readonly headers: IncomingHttpHeaders
  /** Of the other end of the connection. */
  readonly ip: string
}

export interface AccessRules {
  /** Absent: everybody may read. */
  readonly readToken?: string | undefined
  /** Absent: there are no operations. Allows to read, too. */
  readonly adminToken?: string | undefined
  /** Names that lead to a server on loopback, beside addresses and `localhost`. */
  readonly names?: readonly string[]
}

export interface AccessOptions {
  /** Asked for each request: whoever showed a token that is no longer in force may do nothing more. */
  readonly rules: () => AccessRules
  readonly clock: Clock
}

/** Why a request may not, as it is answered. */
export interface Denial {
  readonly status: 401 | 403 | 429
  /** One sentence. */
  readonly error: string
}

/**
 * Who may read, and who may operate: by `Authorization: Bearer` (RFC 6750), or by the session of a browser. Wrong tokens
 * are limited by address, and tokens are compared in constant time.
 */
export interface Access {
  /** Whether a server on loopback may answer under the name it is asked by: always, where reading needs a token. */
  isNamedRight(visitor: Visitor): boolean
  /** Whether an admin token is configured. Without, there are no operations. */
  hasOperations(): boolean
  /** Whether a request may read. For pages: they show the login form where it may not. */
  reader(visitor: Visitor): boolean
  /** Whether a browser's session may operate. Forms that do must show the session's `csrfToken`, too: see `mayPost`. */
  admin(visitor: Visitor): boolean
  /** The session of a browser that is logged in. */
  sessionOf(visitor: Visitor): Session | undefined
  /** What each form of a session carries in its field `csrf`. */
  csrfToken(session: Session): string
  /** Undefined where a form's POST may operate: of a session that may, from a page of ours, with the session's token. */
  denyPost(visitor: Visitor, csrf: unknown): Denial | undefined
  /** Undefined where a request may do it. Operations are told by the header only, which no other site can make a browser send. */
  deny(visitor: Visitor, right: 'read' | 'operate'): Denial | undefined
  /** A new session for who shows one of the tokens. */
  login(visitor: Visitor, token: unknown): Session | Denial
  /** Ends the session of a form of ours. False where it is none, and nothing ends. */
  logout(visitor: Visitor, csrf: unknown): boolean
}

export function accessOf({ rules, clock }: AccessOptions): Access {
  const attempts = createAttempts(clock)
  const sessions = createSessions(clock)

  const grant = (visitor: Visitor, token: string): Grant | Denial => {
    if (attempts.areSpent(visitor.ip)) return SPENT
    const found = grantOf(rules(), digestOf(token))
    if (found !== undefined) return found
    attempts.failed(visitor.ip)
    return WRONG
  }
  const sessionOf = (visitor: Visitor): Session | undefined => {
    const session = sessions.find(visitor.headers.cookie)
    return session && grantOf(rules(), session.tokenDigest) && session
  }
  const operates = (visitor: Visitor): boolean => {
    const session = sessionOf(visitor)
    return session !== undefined && grantOf(rules(), session.tokenDigest)?.right === 'operate'
  }
  const deny: Access['deny'] = (visitor, right) => {
    const { readToken, adminToken } = rules()
    if (right === 'operate' && adminToken === undefined) return OFF
    if (right === 'read' && readToken === undefined) return undefined
    if (right === 'read' && sessionOf(visitor) !== undefined) return undefined
    const token = bearerOf(visitor.headers.authorization)
    if (token === undefined) return right === 'read' ? NEEDS_READ : NEEDS_ADMIN
    const granted = grant(visitor, token)
    if ('status' in granted) return granted
    return right === 'read' || granted.right === 'operate' ? undefined : NOT_ADMIN
  }

  return {
    isNamedRight({ headers }) {
      const { readToken, names = [] } = rules()
      return readToken !== undefined || isOurHost(headers.host, names)
    },
    hasOperations: () => rules().adminToken !== undefined,
    reader: (visitor) => deny(visitor, 'read') === undefined,
    admin: operates,
    sessionOf,
    csrfToken: (session) => session.csrf,
    deny,
    denyPost(visitor, csrf) {
      if (rules().adminToken === undefined) return OFF
      const session = sessionOf(visitor)
      if (session === undefined) return NEEDS_LOGIN
      if (!operates(visitor)) return NOT_ADMIN
      return isFormOf(session, visitor, csrf) ? undefined : FOREIGN
    },
    login(visitor, token) {
      if (!isSameOrigin(visitor.headers)) return FOREIGN
      const granted = typeof token === 'string' ? grant(visitor, token) : WRONG
      return 'status' in granted ? granted : sessions.start(granted.tokenDigest)
    },
    logout(visitor, csrf) {
      const session = sessionOf(visitor)
      if (session === undefined || !isFormOf(session, visitor, csrf)) return false
      sessions.end(session)
      return true
    },
  }
}

interface Grant {
  readonly right: 'read' | 'operate'
  readonly tokenDigest: Buffer
}

const OFF: Denial = {
  status: 403,
  error: 'Cannot operate: operations are off until the policy file has server.adminToken',
}
const NEEDS_READ: Denial = {
  status: 401,
  error: 'Cannot read: log in, or send server.readToken or server.adminToken as a bearer token',
}
const NEEDS_ADMIN: Denial = { status: 401, error: 'Cannot operate: send server.adminToken as a bearer token' }
const NEEDS_LOGIN: Denial = { status: 401, error: 'Cannot operate: log in with the admin token' }
const NOT_ADMIN: Denial = { status: 403, error: 'Cannot operate: this token only allows to read' }
const WRONG: Denial = { status: 401, error: 'Cannot log in: wrong token' }
const SPENT: Denial = { status: 429, error: 'Cannot log in: too many wrong tokens from this address, wait a minute' }
const FOREIGN: Denial = {
  status: 403,
  error: 'Cannot take this form: it was not sent by a page of ours, load it again',
}

/** Both tokens are compared in any case, so that the time tells nothing. */
function grantOf({ readToken, adminToken }: AccessRules, tokenDigest: Buffer): Grant | undefined {
  const isAdmin = adminToken !== undefined && timingSafeEqual(digestOf(adminToken), tokenDigest)
  const isReader = readToken !== undefined && timingSafeEqual(digestOf(readToken), tokenDigest)
  if (isAdmin) return { right: 'operate', tokenDigest }
  return isReader ? { right: 'read', tokenDigest } : undefined
}

/** RFC 6750, section 2.1, whose scheme is in any case (RFC 9110, section 11.1). */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

function isFormOf(session: Session, { headers }: Visitor, csrf: unknown): boolean {
  return isSameOrigin(headers) && typeof csrf === 'string' && timingSafeEqual(digestOf(csrf), digestOf(session.csrf))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
