import { BEST_ELSEWHERE } from './access.js'
import { DEFAULTS } from './defaults.js'
import { oneOf, section, textThat, withRule } from './fields.js'
import { tryParseHost } from './host.js'
import type { Complaint, Rule } from './rules.js'
import { notEmpty, requestsPerSecond } from './values.js'

/*
 * One sender of push events of the policy file: a registry, a build, or a Git host.
 */

/** What each sender is told by, beside `requestsPerSecond`. */
const KINDS = [
  // They prove what they know by a header, or sign.
  {
    senders: [
      ...(['generic', 'bearer', 'distribution', 'harbor'] as const),
      ...(['gitlab-registry', 'nexus', 'cloudevents', 'zot'] as const),
    ],
    needed: ['secret'],
    optional: ['registry'],
  },
  { senders: ['artifactory'], needed: ['secret'], optional: ['registry', 'repository'] },
  { senders: ['ecr', 'acr'], needed: ['secret'], optional: ['registry', 'header'] },
  // Google signs what they prove.
  { senders: ['gar'], needed: ['audience', 'serviceAccount'], optional: ['registry'] },
  // They can be given an address and nothing else.
  { senders: ['quay', 'alibaba'], needed: ['secret'], optional: ['registry'], isAddressed: true },
  { senders: ['docker-hub'], needed: ['secret'], optional: [], isAddressed: true },
  // Git hosts that are registries too, and those whose events are of a Git repository only.
  { senders: ['github', 'gitea'], needed: ['secret'], optional: ['git', 'registry'] },
  { senders: ['gitlab', 'bitbucket'], needed: ['secret', 'git'], optional: [] },
] as const satisfies readonly Kind[]

interface Kind {
  readonly senders: readonly string[]
  readonly needed: readonly string[]
  readonly optional: readonly string[]
  /** Whether the secret is a part of the address. */
  readonly isAddressed?: boolean
}

const SENDERS = KINDS.flatMap(({ senders }): readonly Sender[] => senders) as [Sender, ...Sender[]]
type Sender = (typeof KINDS)[number]['senders'][number]

function kindOf(sender: unknown): Kind | undefined {
  return KINDS.find(({ senders }) => senders.some((other) => other === sender))
}

/** Whether the secret is a part of the address. */
export function isAddressed(sender: string): boolean {
  return kindOf(sender)?.isAddressed === true
}

/** Every key that only some senders have. */
const KEYS = [...new Set(KINDS.flatMap(({ needed, optional }): readonly string[] => [...needed, ...optional]))]

function strayOf({ needed, optional }: Kind): readonly string[] {
  return KEYS.filter((key) => !needed.includes(key) && !optional.includes(key))
}

const EXPECTED: Readonly<Record<string, string>> = {
  secret: 'expected a text that is not empty',
  git: 'expected the name of an entry of "git"',
  audience: 'expected the audience of the subscription',
  serviceAccount: 'expected the e-mail address of a service account',
}

/** Each sender has its own keys. */
const ofOneKind: Rule = ({ sender, ...value }) => {
  const kind = kindOf(sender)
  // What is no sender is told already.
  if (kind === undefined) return []
  const missing = kind.needed.filter((key) => !(key in value))
  const stray = strayOf(kind).filter((key) => key in value)
  const complaints: Complaint[] = [
    ...missing.map((key) => ({ key, message: `missing, ${EXPECTED[key]}` })),
    ...stray.map((key) => ({ key, message: `means nothing with the sender "${sender}"` })),
  ]
  if (kind.isAddressed && typeof value.secret === 'string' && !ADDRESSABLE.test(value.secret)) {
    complaints.push({ key: 'secret', message: NOT_ADDRESSABLE })
  }
  return complaints
}

/** In a path these stand for themselves (RFC 3986, section 2.3). 20 of them are more than anybody can try. */
const ADDRESSABLE = /^[A-Za-z0-9._~-]{20,200}$/
const NOT_ADDRESSABLE =
  'becomes a part of the address, as this sender has no other proof: expected 20 to 200 letters, digits, ".", "_", "~" or "-"'

const ofOneKindSchema = {
  allOf: KINDS.map((kind: Kind) => ({
    if: { required: ['sender'], properties: { sender: { enum: kind.senders } } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: { required: kind.needed, not: { anyOf: strayOf(kind).map((key) => ({ required: [key] })) } },
  })),
}

/** Names of header fields: RFC 9110, section 5.1. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/

/** It becomes a part of a path: lower case, as in the names of images. */
const REPOSITORY_KEY = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

export const webhook = withRule(
  section({
    sender: oneOf(...SENDERS).meta({ description: 'What sends the events.' }),
    registry: textThat(
      'a registry host such as "registry.example.com:5000"',
      (value) => tryParseHost(value) !== undefined,
    )
      .optional()
      .meta({
        description:
          'The registry that the events are of, as policies name it. `generic`, `bearer`, `cloudevents`, `acr`, `ecr` and `gar` ignore every other one then; the others take it instead of the name that the events have. `distribution` and others do not know their own name; without this, their events count for every image of their path.',
        examples: ['registry.example.com'],
      }),
    repository: textThat('a repository such as "docker"', (value) => REPOSITORY_KEY.test(value), REPOSITORY_KEY.source)
      .optional()
      .meta({
        description:
          'Of `artifactory`: the repository through which policies name the images, where that is a virtual one. Its events have the one that was pushed to.',
        examples: ['docker'],
      }),
    git: notEmpty().optional().meta({
      description:
        'Name of the entry of `git` that the events of a Git host are of. A push to its branch is looked at at once.',
    }),
    secret: notEmpty()
      .optional()
      .meta({
        description: `What the sender proves to know. With \`docker-hub\`, \`quay\` and \`alibaba\` it stands in the address: /webhooks/<name>/<secret>. ${BEST_ELSEWHERE}`,
      }),
    header: textThat('the name of a header', (value) => HEADER_NAME.test(value), HEADER_NAME.source)
      .optional()
      .meta({
        description:
          'The header of `acr` and `ecr` that has the secret. Default: `Authorization`, with "Bearer" before it.',
        examples: ['X-Api-Key'],
      }),
    audience: notEmpty()
      .optional()
      .meta({ description: 'Of `gar`: the audience that the push subscription has.', examples: ['tidemark'] }),
    serviceAccount: textThat('the e-mail address of a service account', (value) => /^[^@\s]+@[^@\s]+$/.test(value), '@')
      .optional()
      .meta({
        description: 'Of `gar`: the account in whose name the push subscription sends.',
        examples: ['pubsub@acme.iam.gserviceaccount.com'],
      }),
    requestsPerSecond: requestsPerSecond().optional().meta({
      description: 'How many events are taken on average over a second; more are answered with 429.',
      default: DEFAULTS.webhook.requestsPerSecond,
    }),
  }),
  ofOneKind,
).meta({ description: 'Push events of one sender, taken at /webhooks/<name>.', ...ofOneKindSchema })
