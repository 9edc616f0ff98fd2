import type { JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { tryParseReference } from '../../image/reference.js'
import type { Clock } from '../../lifecycle/clock.js'
import { parseBody } from './body.js'
import { WebhookError } from './errors.js'
import type { AskingSender, Delivery, PushedImage } from './sender.js'
import type { SigningKeys } from './signing-keys.js'

export interface GarOptions {
  /** What the push subscription says its tokens are for. */
  readonly audience: string
  /** The e-mail address of the account in whose name it sends. */
  readonly serviceAccount: string
  /** Canonical host. Where given, events of other registries are ignored. */
  readonly registry?: string | undefined
  /** Google's. */
  readonly keys: SigningKeys
  readonly clock: Clock
}

/** Source: accounts.google.com/.well-known/openid-configuration, "jwks_uri". */
export const GOOGLE_KEYS = new URL('https://www.googleapis.com/oauth2/v3/certs')

/**
 * The notifications of Google Artifact Registry, which a Pub/Sub subscription pushes with a token that Google has signed.
 * Everybody can have one of those: it counts only if it is of this account and for this audience.
 * Source: cloud.google.com, "Configure Pub/Sub notifications" and "Authentication for push subscriptions".
 */
export function garSender(options: GarOptions): AskingSender<PushedImage> {
  const { registry } = options
  return {
    async read(delivery) {
      await requireIdToken(delivery, options)
      const { message } = parseBody(delivery.body, push)
      // Pub/Sub repeats for days what is refused: what this is not made for is ignored.
      const { data } = notification.safeParse(decoded(message.data))
      const reference = data?.action === 'INSERT' ? tryParseReference(data.tag) : undefined
      if (reference?.tag === undefined) return []
      const { repository, tag } = reference
      return registry === undefined || repository.registry === registry ? [{ repository, tag }] : []
    },
  }
}

const push = z.object(
  { message: z.object({ data: z.string().default('') }, 'expected an object with "data"') },
  'expected an object with "message"',
)

const notification = z.object({ action: z.string(), tag: z.string() })

function decoded(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString())
  } catch {
    return undefined
  }
}

/** Google's and other clocks are hardly further apart. */
const CLOCK_TOLERANCE = '30s'

/** Source: OpenID Connect Core 1.0, section 3.1.3.7, "ID Token Validation". */
async function requireIdToken(
  { headers }: Delivery,
  { audience, serviceAccount, keys, clock }: GarOptions,
): Promise<void> {
  const token = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) throw unauthorized('missing or malformed token')
  // Nobody else needs it.
  const { errors, jwtVerify } = await import('jose')
  const verify = (key: JWTVerifyGetKey) =>
    jwtVerify(token, key, {
      algorithms: ['RS256'],
      issuer: ['https://accounts.google.com', 'accounts.google.com'],
      audience,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(clock.now()),
    })
  try {
    const { payload } = await verify(await keys.current()).catch(async (error: unknown) => {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await keys.newer() : undefined
      if (newer === undefined) throw error
      return verify(newer)
    })
    if (payload.email !== serviceAccount || payload.email_verified !== true)
      throw unauthorized('token of another account')
  } catch (error) {
    throw error instanceof errors.JOSEError ? unauthorized(`token refused: ${error.message}`, error) : error
  }
}

function unauthorized(reason: string, cause?: unknown): WebhookError {
  return new WebhookError('UNAUTHORIZED', `Cannot accept event: ${reason}`, { cause })
}
