import type { Clock } from '../../../lifecycle/clock.js'
import { loadPackage } from '../../../lifecycle/package.js'
import type { Bounds } from '../bounds.js'
import { answerError } from '../failure.js'
import type { Http } from '../http.js'
import { tryParseJson } from '../json.js'
import type { Obtained } from './cache.js'

/** Azure's clouds: the ending of their registries' hosts, and what a token must be for. */
const CLOUDS: readonly (readonly [ending: string, audience: string])[] = [
  ['.azurecr.io', 'https://containerregistry.azure.net'],
  ['.azurecr.cn', 'https://management.core.chinacloudapi.cn'],
  ['.azurecr.us', 'https://management.core.usgovcloudapi.net'],
]

/** The user name beside a refresh token (Azure/acr project, docs/AAD-OAuth.md). */
const USERNAME = '00000000-0000-0000-0000-000000000000'

export interface AcrOptions {
  readonly http: Http
  readonly clock: Clock
  readonly bounds: Pick<Bounds, 'tokenBytes'>
}

/**
 * A refresh token of an Azure registry, with what @azure/identity finds to log in: environment variables, a workload
 * identity, a managed identity, or Azure's tools. The registry itself, at `origin`, gives it for Azure's token.
 */
export async function askAcr(
  registry: string,
  origin: string,
  { http, clock, bounds }: AcrOptions,
  signal: AbortSignal,
): Promise<Obtained> {
  const audience = CLOUDS.find(([ending]) => registry.endsWith(ending))?.[1]
  if (audience === undefined) throw new Error(`"${registry}" is not a registry of Azure's`)
  const { DefaultAzureCredential } = await loadPackage('@azure/identity', () => import('@azure/identity'))
  const { token } = await new DefaultAzureCredential().getToken(`${audience}/.default`, { abortSignal: signal })

  const action = `Cannot log in to "${registry}" with Azure's token`
  const answer = await http.send({
    registry,
    operation: 'token',
    action,
    method: 'POST',
    url: new URL('/oauth2/exchange', origin),
    credential: { kind: 'bearer', token },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams({ grant_type: 'access_token', service: registry, access_token: token })),
    maxBytes: bounds.tokenBytes,
    mayLeave: false,
    signal,
  })
  if (answer.status !== 200) throw answerError(action, 'registry', answer, clock.now())
  const { refresh_token: refresh } = Object(tryParseJson(answer.body))
  if (typeof refresh !== 'string' || refresh === '') throw new Error('the registry gave no refresh token')
  return {
    credential: { kind: 'identity', token: refresh, username: USERNAME, password: refresh },
    expiresAt: expiryOf(refresh),
  }
}

/** The `exp` of a JSON Web Token, which is not ours to verify. */
function expiryOf(token: string): number | undefined {
  const { exp } = Object(tryParseJson(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url')))
  return typeof exp === 'number' ? exp * 1_000 : undefined
}
