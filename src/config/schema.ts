import { z } from 'zod'
import { isCronExpression } from '../lifecycle/cron.js'
import { password, proxy, tls, username } from './access.js'
import { DEFAULTS } from './defaults.js'
import { named, oneOf, orText, section, text, textThat, withRule } from './fields.js'
import { after, digest, fallback, holds, require, window } from './gating.js'
import { git } from './git.js'
import { entryNames, hostNames, policyNames } from './names.js'
import { notification } from './notifications.js'
import { policiesFrom } from './policies-from.js'
import { isOrigin } from './proxies.js'
import { oneForm, oneFormSchema, oneSchedule, oneScheduleSchema } from './rules.js'
import { namedTag, namedTagSchema, select, tags } from './selection.js'
import { server } from './server.js'
import { imageComplaint, isRedisUrl } from './texts.js'
import { flag, interval, notEmpty, path, requestsPerSecond, timezone } from './values.js'
import { webhook } from './webhook.js'
import { write } from './writing.js'

/*
 * The policy file: one source for what is accepted, for its type, and for the JSON Schema of editors.
 * Defaults are told here and applied in resolve.ts and resolve-policy.ts, which also know those that depend on other values.
 */

const concurrency = () => {
  const expected = 'expected a whole number from 1 to 1000'
  const number = z.int().min(1, expected).max(1_000, expected)
  return orText('a whole number from 1 to 1000', number, /^(?:[1-9][0-9]{0,2}|1000)$/)
}

const CREDENTIAL_FORMS = [['username', 'password'], ['dockerConfig'], ['helper'], ['exec'], ['provider']] as const

const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const isHelperName = (text: string) => HELPER_NAME.test(text)

const registry = section({
  plainHttp: flag().optional().meta({
    description: 'Use http:// instead of https://. Default: true for localhost, 127.0.0.0/8 and [::1], else false.',
  }),
  credentials: withRule(
    section({
      username: username(),
      password: password(),
      dockerConfig: path()
        .optional()
        .meta({
          description:
            'Path of a Docker configuration file or of a Kubernetes pull secret that has the credentials, relative to this file.',
          examples: [`\${HOME}/.docker/config.json`],
        }),
      helper: textThat('the name of a credential helper such as "pass"', isHelperName, HELPER_NAME.source)
        .optional()
        .meta({
          description: "Docker's credential helper of this name: the program docker-credential-<name> is asked.",
          examples: ['ecr-login'],
        }),
      exec: z
        .array(notEmpty(), { error: 'expected a list of a program and its arguments' })
        .min(1, { error: 'expected a program and its arguments' })
        .optional()
        .meta({
          description:
            'A program and its arguments. It prints {"username": …, "password": …}, perhaps with "expiresAt", an instant of RFC 3339.',
          examples: [['./registry-token.sh', '--pull']],
        }),
      provider: oneOf('ecr', 'gar', 'acr').optional().meta({
        description: 'The cloud of this registry, asked as its own tools would: Amazon, Google or Azure.',
      }),
    }),
    oneForm(...CREDENTIAL_FORMS),
  )
    .optional()
    .meta({
      description: 'How to log in. Default: anonymously.',
      ...oneFormSchema(...CREDENTIAL_FORMS),
    }),
  endpoint: textThat('an http:// or https:// URL without a path', isOrigin, '^https?://')
    .optional()
    .meta({
      description: 'Where to ask instead of at the host itself, such as a mirror with the same repositories.',
      examples: ['https://mirror.example.com'],
    }),
  tls: tls(),
  proxy: proxy(),
  requestsPerSecond: requestsPerSecond().optional().meta({
    description: 'How often the host is asked at most, on average over a second. Default: 20, for Docker Hub 5.',
  }),
  concurrency: concurrency().optional().meta({
    description: 'How many questions to the host may be under way at once.',
    default: DEFAULTS.registry.concurrency,
  }),
}).meta({ description: 'What differs from the defaults at one registry.' })

const policySection = section({
  image: text('an image repository such as "ghcr.io/org/app"', imageComplaint).meta({
    description: 'The repository to watch, without tag and digest.',
    examples: ['ghcr.io/org/app', 'alpine'],
  }),
  interval: interval()
    .optional()
    .meta({
      description: 'How often to look at the registry.',
      default: DEFAULTS.policy.interval,
      examples: ['1m', '1h30m'],
    }),
  schedule: textThat('a cron expression such as "*/10 8-18 * * 1-5"', isCronExpression)
    .optional()
    .meta({
      description: 'When to look at the registry, instead of `interval`: five cron fields, or six with seconds first.',
      examples: ['*/10 8-18 * * 1-5'],
    }),
  timezone: timezone()
    .optional()
    .meta({ description: "Time zone of `schedule`. Default: the machine's.", examples: ['Europe/Paris'] }),
  tags: tags.optional(),
  select,
  digest: digest.optional(),
  require: require.optional(),
  window: window.optional(),
  after: after.optional(),
  holds: holds.optional(),
  fallback: fallback.optional(),
  downgrade: oneOf('never', 'allow').optional().meta({
    description: 'Whether a lower version than the one in Git may be written.',
    default: DEFAULTS.policy.downgrade,
  }),
  write: z
    .array(write, { error: 'expected a list' })
    .optional()
    .meta({ description: 'Where the selected tag is written. Default: nowhere, the policy is only watched.' }),
})

const policy = withRule(withRule(policySection, oneSchedule), namedTag).meta({
  description: 'Selects one tag of one repository.',
  ...oneScheduleSchema,
  ...namedTagSchema,
})

/** Checks a whole policy file, or several joined to one. */
export const policyFile = section({
  registries: named(hostNames, registry, 'What differs from the defaults, by registry host.').optional(),
  git: named(entryNames, git, 'Git repositories by name.').optional(),
  policies: named(policyNames, policy, 'Policies by name.').optional(),
  policiesFrom: policiesFrom.optional(),
  webhooks: named(entryNames, webhook, 'Senders of push events by name.').optional(),
  notifications: z
    .array(notification, { error: 'expected a list' })
    .max(100, { error: 'expected at most 100 entries' })
    .optional()
    .meta({ description: 'Who is told what happens.' }),
  queue: section({
    redis: textThat('a redis:// or rediss:// URL', isRedisUrl, '^rediss?://').meta({
      description: 'URL of the Redis that processes share.',
      examples: ['redis://127.0.0.1:6379'],
    }),
  })
    .optional()
    .meta({ description: 'The queue that processes share. Default: one process with a queue of its own.' }),
  state: path()
    .optional()
    .meta({
      description: 'Folder of what can be fetched again, relative to this file.',
      default: DEFAULTS.state,
      examples: ['/var/lib/tidemark'],
    }),
  server: server.optional(),
})

export type PolicyFile = z.infer<typeof policyFile>
