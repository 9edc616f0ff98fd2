import { loadPackage } from '../../../lifecycle/package.js'
import type { Obtained } from './cache.js'

/** The hosts that the amazon-ecr-credential-helper project takes for ECR's (ecr-login/api/client.go). */
const PRIVATE_HOST =
  /^\d{12}\.dkr[.-]ecr(?<fips>-fips)?\.(?<region>[a-z0-9][a-z0-9-]{0,40})\.(?:amazonaws\.(?:com(?:\.cn)?|eu)|on\.(?:aws|amazonwebservices\.com\.cn)|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/
const PUBLIC_HOST = 'public.ecr.aws'
/** The only region that gives tokens of the public registry (Amazon ECR public user guide, registry authentication). */
const PUBLIC_REGION = 'us-east-1'

export function isEcrHost(registry: string): boolean {
  return registry === PUBLIC_HOST || PRIVATE_HOST.test(registry)
}

/**
 * A password of Amazon ECR for twelve hours, with what the AWS SDK finds to log in: its environment variables, profiles,
 * the container's or machine's role, or a web identity.
 */
export async function askEcr(registry: string, signal: AbortSignal): Promise<Obtained> {
  const { region, fips } = PRIVATE_HOST.exec(registry)?.groups ?? {}
  if (registry !== PUBLIC_HOST && region === undefined) throw new Error(`"${registry}" is not a registry of Amazon ECR`)
  const data = region === undefined ? await publicToken(signal) : await privateToken(region, fips !== undefined, signal)

  const text = Buffer.from(data?.authorizationToken ?? '', 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 1) throw new Error('Amazon ECR gave no authorization token')
  return {
    credential: { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) },
    expiresAt: data?.expiresAt?.getTime(),
  }
}

interface AuthorizationData {
  readonly authorizationToken?: string | undefined
  readonly expiresAt?: Date | undefined
}

async function privateToken(
  region: string,
  useFipsEndpoint: boolean,
  abortSignal: AbortSignal,
): Promise<AuthorizationData | undefined> {
  const { ECR } = await loadPackage('@aws-sdk/client-ecr', () => import('@aws-sdk/client-ecr'))
  const client = new ECR({ region, ...(useFipsEndpoint && { useFipsEndpoint }) })
  try {
    const { authorizationData } = await client.getAuthorizationToken({}, { abortSignal })
    return authorizationData?.[0]
  } finally {
    client.destroy()
  }
}

async function publicToken(abortSignal: AbortSignal): Promise<AuthorizationData | undefined> {
  const { ECRPUBLIC } = await loadPackage('@aws-sdk/client-ecr-public', () => import('@aws-sdk/client-ecr-public'))
  const client = new ECRPUBLIC({ region: PUBLIC_REGION })
  try {
    return (await client.getAuthorizationToken({}, { abortSignal })).authorizationData
  } finally {
    client.destroy()
  }
}
