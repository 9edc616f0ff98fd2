import { type Ask, basic, error, type Login, REPOSITORY, type Reply } from './fake-registry.js'

export interface TokenDoorOptions {
  /** Path of the realm. */
  readonly path: string
  readonly service: string
  /** Who may have a token. Absent: everybody. */
  readonly login?: Login
  /** What the challenge says. Default: leave to pull the repository. */
  readonly scope?: string
  /** Follows the Bearer challenge in its header. */
  readonly afterChallenge?: string
  /** The token's answer. */
  readonly answer: (token: string) => object
}

const TOKEN = 'made-up.token'
const NEEDED = `repository:${REPOSITORY}:pull`

/** A registry's Bearer challenge and its token server (distribution project, docs/content/spec/auth/token.md). */
export function tokenDoor(options: TokenDoorOptions) {
  const { path, service, login, scope = NEEDED, afterChallenge = '', answer } = options

  return {
    refuse({ host, authorization }: Ask): Reply | undefined {
      if (authorization === `Bearer ${TOKEN}`) return undefined
      const challenge = `Bearer realm="http://${host}${path}",service="${service}",scope="${scope}"${afterChallenge}`
      return error(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge })
    },
    give(ask: Ask): Reply | undefined {
      if (ask.path !== path) return undefined
      if (ask.authorization !== (login && basic(login))) return error(401, 'UNAUTHORIZED', 'incorrect login')
      if (ask.query.get('service') !== service) return error(400, 'INVALID', 'another service')
      // A server gives what it may, and says nothing of what it leaves out.
      return { status: 200, body: answer(ask.query.get('scope') === NEEDED ? TOKEN : 'token.for.nothing') }
    },
  }
}
