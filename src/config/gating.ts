import { z } from 'zod'
import { tryParsePlatform } from '../image/platform.js'
import { DEFAULTS } from './defaults.js'
import { oneOf, quotedText, section, text, textThat, withRule } from './fields.js'
import { oneForm, oneFormSchema, type Rule } from './rules.js'
import { isImageTag, isInstant, isIssuer, isLine, keyPathComplaint, wholePatternComplaint } from './texts.js'
import { flag, notEmpty, path, span, timezone } from './values.js'
import { FREEZE, windowTexts } from './window-texts.js'

/*
 * The fields of a policy that say what is written of a selected tag, and what the tag must pass before.
 */

export const digest = oneOf('none', 'pin', 'refresh').meta({
  description:
    'What of the digest is written: nothing, the one that the tag has when it is written (`pin`), or also every later one (`refresh`). Default: `none`, or `refresh` where `select` follows a digest.',
})

export const fallback = flag().meta({
  description: 'Whether the next best tag that may be written is taken while the best one may not.',
  default: DEFAULTS.policy.fallback,
})

const keyless = withRule(
  section({
    issuer: textThat('a URL such as "https://token.actions.githubusercontent.com"', isIssuer, '^https?://').meta({
      description: 'Who vouched for the identity of who signed: the OIDC issuer in the certificate.',
      examples: ['https://token.actions.githubusercontent.com', 'https://accounts.google.com'],
    }),
    identity: notEmpty()
      .optional()
      .meta({
        description: 'Who signed, exactly as in the certificate: an e-mail address or a URL.',
        examples: ['https://github.com/acme/app/.github/workflows/release.yaml@refs/heads/main'],
      }),
    identityPattern: quotedText('a regular expression in RE2 syntax', wholePatternComplaint)
      .optional()
      .meta({
        description: 'The same as a regular expression in RE2 syntax, for the whole of it.',
        examples: ['https://github\\.com/acme/app/\\.github/workflows/.+@refs/tags/v[^/]+'],
      }),
    trustedRoot: path().optional().meta({
      description:
        'File of the authorities and logs to trust, relative to this file. Default: those of the public Sigstore.',
    }),
  }),
  oneForm(['identity'], ['identityPattern']),
).meta({
  description: 'Signed with a short-lived certificate of this identity.',
  ...oneFormSchema(['identity'], ['identityPattern']),
})

const signature = withRule(
  section({
    cosign: text('the path of a file with a public key', keyPathComplaint, '^[^~]')
      .optional()
      .meta({
        description: 'PEM file of one or more public keys, relative to this file. One of them must have signed.',
        examples: ['keys/cosign.pub'],
      }),
    keyless: keyless.optional(),
  }),
  oneForm(['cosign'], ['keyless']),
).meta({ description: 'Who must have signed the image.', ...oneFormSchema(['cosign'], ['keyless']) })

const ageNeedsMinimum: Rule = (value) =>
  'ageFrom' in value && !('minimumAge' in value)
    ? [{ key: 'ageFrom', message: 'means nothing without "minimumAge"' }]
    : []

export const require = withRule(
  section({
    minimumAge: span()
      .optional()
      .meta({ description: 'How long the tag must have had its digest.', examples: ['24h', '7d'] }),
    ageFrom: oneOf('firstSeen', 'registry').optional().meta({
      description:
        'Since when it has had it: since it was first seen here, or since the registry says that it was pushed, where that is earlier.',
      default: DEFAULTS.require.ageFrom,
    }),
    platforms: z
      .array(
        textThat('a platform such as "linux/arm64"', (value) => tryParsePlatform(value) !== undefined),
        { error: 'expected a list of platforms' },
      )
      .min(1, { error: 'expected at least one platform' })
      .optional()
      .meta({ description: 'The image must run on each of these.', examples: [['linux/amd64', 'linux/arm64']] }),
    signature: signature.optional(),
  }),
  ageNeedsMinimum,
).meta({
  description: 'What must hold of an image before its tag is written.',
  dependentRequired: { ageFrom: ['minimumAge'] },
})

export const window = withRule(
  section({
    allow: z
      .union([z.string(), z.array(z.string()).min(1, { error: 'expected at least one window' })], {
        error: 'expected a window or a list of windows',
      })
      .optional()
      .meta({
        description: 'Only then: days, times, or both. Of several, any. Default: always.',
        examples: ['Mon-Fri 09:00-17:00', ['Mon-Thu 09:00-17:00', 'Fri 09:00-12:00']],
      }),
    freeze: z
      .array(z.string({ error: `expected ${FREEZE}` }), { error: 'expected a list of freezes' })
      .optional()
      .meta({
        description: 'Never then, whatever is allowed: days, the last one included, or times.',
        examples: [['2026-12-24/2027-01-02', '2026-11-27T12:00/2026-11-30T08:00']],
      }),
    timezone: timezone()
      .optional()
      .meta({
        description: "Time zone of the above. Default: the machine's.",
        examples: ['Europe/Paris'],
      }),
  }),
  windowTexts,
).meta({ description: 'When the tag may be written.' })

export const after = section({
  policy: z
    .string({ error: 'expected the name of a policy' })
    .meta({ description: 'Name of the policy that goes first.' }),
  soak: span()
    .optional()
    .meta({
      description: 'How long that policy must have had the tag in Git.',
      default: DEFAULTS.after.soak,
      examples: ['24h'],
    }),
}).meta({ description: 'Only what another policy has had in Git for long enough without a break.' })

export const holds = z
  .array(
    section({
      tag: textThat('a tag such as "6.9.0"', isImageTag).meta({ description: 'The tag that is not written.' }),
      reason: textThat('a line of up to 200 characters', isLine).meta({ description: 'Why, for those who ask.' }),
      until: textThat('a date such as "2026-12-01", or an instant such as "2026-12-01T09:00:00Z"', isInstant)
        .optional()
        .meta({
          description:
            'Until when: an instant, or a date or time in the time zone of `window`, else UTC. Default: until the hold is taken out.',
          examples: ['2026-12-01', '2026-12-01T09:00:00+01:00'],
        }),
    }),
    { error: 'expected a list of holds' },
  )
  .meta({ description: 'Tags that are not written, whatever selects them.' })
