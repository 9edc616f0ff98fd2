import { isRetryable } from '../../../error.js'
import { untilAborted } from '../../../lifecycle/until-aborted.js'
import type { GitHubAppLogin } from './access.js'
import { requestToken, type Token, type TokenOptions } from './github-token.js'
import { type LoginSource, secretsOf } from './login.js'

/** The tokens of an app's installation, each renewed before it expires and when it is refused. */
export function githubAppLogin(app: GitHubAppLogin['githubApp'], options: TokenOptions): LoginSource {
  const { clock } = options
  let current: Token | undefined
  let previous: Token | undefined
  let renewal: Renewal | undefined

  async function renew(signal: AbortSignal): Promise<Token> {
    try {
      const token = await requestToken(app, options, signal)
      previous = current
      current = token
    } catch (thrown) {
      // What issues the tokens may be away while what takes them is there.
      if (current === undefined || clock.now() >= current.expiresAt || !isRetryable(thrown)) throw thrown
      current = { ...current, renewAt: clock.now() + RETRY_MS }
    }
    return current
  }

  function join(signal: AbortSignal): Promise<Token> {
    renewal ??= startRenewal(renew)
    const joined = renewal
    joined.waiting++
    return untilAborted(signal, joined.token).finally(() => {
      joined.waiting--
      if (joined.waiting > 0) return
      renewal = undefined
      joined.stop.abort()
    })
  }

  return {
    async find(signal) {
      if (current !== undefined && clock.now() < current.renewAt) return current.credentials
      return (await join(signal)).credentials
    },
    forget(refused) {
      if (current?.credentials === refused) current = { ...current, renewAt: 0, expiresAt: 0 }
      return true
    },
    secrets: () => [current, previous].flatMap((token) => (token === undefined ? [] : secretsOf(token.credentials))),
  }
}

const RETRY_MS = 60_000

/** One request for all who wait for it, which ends when the last of them has gone. */
interface Renewal {
  readonly token: Promise<Token>
  readonly stop: AbortController
  waiting: number
}

function startRenewal(renew: (signal: AbortSignal) => Promise<Token>): Renewal {
  const stop = new AbortController()
  return { token: renew(stop.signal), stop, waiting: 0 }
}
