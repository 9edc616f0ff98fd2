import { generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto'
import { type GitAnswer, type GitRequest, type GitServer, startGitServer } from '../git-server.js'

/**
 * A GitHub Enterprise Server with one app: its REST API gives tokens of the app's installation, and Git's own server behind it
 * takes them as the password of `x-access-token`. Source: GitHub's REST documentation, "Generating a JSON Web Token (JWT) for a
 * GitHub App", "Create an installation access token for an app" and "Authenticating as a GitHub App installation".
 */
export interface FakeGitHub {
  readonly server: GitServer
  readonly app: { readonly id: string; readonly installation: string; readonly key: { readonly text: string } }
  /** The same key as PKCS#8. */
  readonly pkcs8: string
  /** Oldest first. */
  readonly issued: readonly string[]
  /** Takes no token any more that was issued until now. */
  revoke(): void
  /** What the API answers instead, where it returns something. */
  instead: () => GitAnswer | undefined
}

export interface FakeGitHubOptions {
  readonly now?: () => number
  readonly lifetimeMs?: number
}

const ID = 'Iv23liMadeUp'
const INSTALLATION = '4711'
const MAX_LIFETIME_S = 600

export async function startGitHub({
  now = Date.now,
  lifetimeMs = 3_600_000,
}: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const server = await startGitServer()
  const issued: string[] = []
  const valid = new Map<string, number>()

  function issue(): GitAnswer {
    const token = `ghs_${randomBytes(12).toString('hex')}`
    const end = now() + lifetimeMs
    issued.push(token)
    valid.set(token, end)
    return json(201, { token, expires_at: new Date(end).toISOString().replace(/\.\d+Z$/, 'Z'), permissions: {} })
  }

  function answerApi({ method, path, headers }: GitRequest): GitAnswer {
    const fault = faultOf(headers.authorization ?? '', publicKey, now() / 1_000)
    if (fault !== undefined) return json(401, { message: fault })
    if (appOf(headers.authorization) !== ID) return json(404, { message: 'Integration not found' })
    if (method !== 'POST' || path !== `/api/v3/app/installations/${INSTALLATION}/access_tokens`)
      return json(404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' })
    return issue()
  }

  function isAllowed(authorization = ''): boolean {
    const [username, token] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
    return username === 'x-access-token' && (valid.get(token ?? '') ?? 0) > now()
  }

  const github: FakeGitHub = {
    server,
    app: { id: ID, installation: INSTALLATION, key: { text: pem(privateKey, 'pkcs1') } },
    pkcs8: pem(privateKey, 'pkcs8'),
    issued,
    revoke: () => valid.clear(),
    instead: () => undefined,
  }
  server.before = (request) => {
    if (request.path.startsWith('/api/')) return github.instead() ?? answerApi(request)
    return isAllowed(request.headers.authorization) ? undefined : unauthorized
  }
  return github
}

const unauthorized: GitAnswer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="GitHub"', 'content-type': 'text/plain' },
  body: Buffer.from('Bad credentials'),
}

/** What GitHub says of a token that is not the app's, in its words. */
function faultOf(authorization: string, key: KeyObject, nowS: number): string | undefined {
  const [header = '', claims = '', signature = ''] = authorization.replace('Bearer ', '').split('.')
  const signed = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))
  if (!signed || parse(header).alg !== 'RS256') return 'A JSON web token could not be decoded'
  const { iat, exp } = parse(claims)
  if (!(Number(iat) <= nowS))
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
  if (!(Number(exp) > nowS && Number(exp) <= nowS + MAX_LIFETIME_S))
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
  return undefined
}

function appOf(authorization = ''): unknown {
  return parse(authorization.split('.')[1] ?? '').iss
}

function parse(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

function pem(key: KeyObject, type: 'pkcs1' | 'pkcs8'): string {
  return key.export({ type, format: 'pem' }).toString()
}

function json(status: number, body: object): GitAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(JSON.stringify(body)),
  }
}
