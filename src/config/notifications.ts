import { z } from 'zod'
import { BEST_ELSEWHERE, password, proxy, tls, username } from './access.js'
import { tryParseDuration } from './duration.js'
import { oneOf, quotedText, section, text, textThat, withRule } from './fields.js'
import { entryNames } from './names.js'
import type { Complaint, Rule } from './rules.js'
import { together, togetherSchema } from './rules.js'
import { isLine, notificationComplaint } from './texts.js'
import { notEmpty } from './values.js'

/*
 * Who is told what happens: people, and the programs that deploy.
 */

export const PEOPLE = ['slack', 'teams', 'email'] as const
export const RECONCILERS = ['flux-receiver', 'argocd'] as const
const TARGETS = [...PEOPLE, 'webhook', ...RECONCILERS] as const
type To = (typeof TARGETS)[number]

export const NEWS = ['updated', 'failed', 'held', 'recovered', 'config-refused'] as const

/** The keys that mean something with some targets only. */
const KEYS: Readonly<Record<string, readonly To[]>> = {
  on: [...PEOPLE, 'webhook'],
  template: PEOPLE,
  secret: ['webhook', 'argocd'],
  token: ['webhook', 'flux-receiver'],
  as: ['argocd'],
  proxy: TARGETS.filter((to) => to !== 'email'),
  credentials: ['email'],
  from: ['email'],
  recipients: ['email'],
}

const ofItsKind: Rule = (value) => {
  const to = TARGETS.find((target) => target === value.to)
  // What is no target is told already.
  if (to === undefined) return []
  const complaints: Complaint[] = Object.entries(KEYS).flatMap(([key, targets]) =>
    key in value && !targets.includes(to) ? [{ key, message: `means nothing with "to: ${to}"` }] : [],
  )
  for (const key of to === 'email' ? ['from', 'recipients'] : []) {
    if (!(key in value)) complaints.push({ key, message: 'missing beside "to: email"' })
  }
  const isMail = typeof value.url === 'string' && /^smtps?:/i.test(value.url)
  if (typeof value.url === 'string' && isMail !== (to === 'email') && urlComplaint(value.url) === undefined) {
    const scheme = to === 'email' ? 'smtp:// or smtps://' : 'https:// or http://'
    complaints.push({ key: 'url', message: `"to: ${to}" goes to an ${scheme} URL` })
  }
  return complaints
}

const ofItsKindSchema = {
  allOf: Object.entries(KEYS).map(([key, targets]) => ({
    if: { required: [key] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: { properties: { to: { enum: [...targets] } } },
  })),
  if: { required: ['to'], properties: { to: { const: 'email' } } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
  then: { required: ['from', 'recipients'] },
}

/** Never repeats the URL, which may be a secret. */
function urlComplaint(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !SCHEMES.has(url.protocol) || url.hostname === '') return `expected ${A_URL}`
  if (url.username !== '' || url.password !== '') return 'the URL has a user name or password'
  const isMail = url.protocol.startsWith('smtp')
  return isMail && !(url.pathname === '' || url.pathname === '/') ? 'a mail server has no path' : undefined
}

const SCHEMES: ReadonlySet<string> = new Set(['https:', 'http:', 'smtp:', 'smtps:'])
const A_URL = 'an https://, http://, smtp:// or smtps:// URL'

/** An address, perhaps with a name before it: RFC 5322, section 3.4, without what nobody writes. */
const ADDRESS = /^(?:[^<>@,;:"\\]*<[^<>\s@,;:"\\]+@[^<>\s@,;:"\\]+>|[^<>\s@,;:"\\]+@[^<>\s@,;:"\\]+)$/

const address = () =>
  textThat(
    'an e-mail address such as "tidemark@example.com" or "Tidemark <tidemark@example.com>"',
    (value) => isLine(value) && ADDRESS.test(value),
  )

const MOST_NAMES = 100
const MOST_INTERVAL_MS = 3_600_000

const list = <Item extends z.ZodType>(item: Item, of: string) =>
  z
    .array(item, { error: `expected a list of ${of}` })
    .min(1, { error: `expected at least one of the ${of}` })
    .max(MOST_NAMES, { error: `expected at most ${MOST_NAMES} ${of}` })

const PATTERN = /^[A-Za-z0-9._/*-]{1,253}$/

export const notification = withRule(
  section({
    to: oneOf(...TARGETS).meta({ description: 'What is told.' }),
    name: text('a name', entryNames.complaint, entryNames.pattern)
      .optional()
      .meta({ description: 'How logs and metrics call it. Default: what `to` says, numbered where it says so twice.' }),
    url: text(A_URL, urlComplaint, '^(?:https?|smtps?)://').meta({
      description: `Where messages are sent to. Often a secret. ${BEST_ELSEWHERE}`,
      examples: [`\${SLACK_URL}`, 'smtp://mail.example.com:587'],
    }),
    on: list(oneOf(...NEWS), 'kinds of news')
      .optional()
      .meta({ description: 'Which news. Default: all.' }),
    policies: list(
      textThat('the name of a policy, perhaps with "*"', (value) => PATTERN.test(value), PATTERN.source),
      'names of policies',
    )
      .optional()
      .meta({ description: 'Of which policies; "*" stands for any text. Default: all.', examples: [['team-a/*']] }),
    git: list(notEmpty(), 'names of entries of "git"')
      .optional()
      .meta({ description: 'Of which entries of `git`. Default: all.', examples: [['fleet']] }),
    interval: text('a duration such as "10s"', intervalComplaint)
      .optional()
      .meta({
        description:
          'How long news are collected before one message is sent of them. Default: 10s, and 0s for flux-receiver and argocd.',
        examples: ['1m'],
      }),
    template: quotedText('a Liquid template', notificationComplaint).optional().meta({
      description: 'The text: a Liquid template with title, count, more and notices. Default: the usual one.',
    }),
    secret: notEmpty()
      .optional()
      .meta({ description: `Signs what is sent. ${BEST_ELSEWHERE}` }),
    token: notEmpty()
      .optional()
      .meta({ description: `The token of a Flux Receiver, or a bearer token of a webhook. ${BEST_ELSEWHERE}` }),
    as: oneOf('github', 'gitlab').optional().meta({
      description: 'Which Git host Argo CD is told as, and so whose secret of Argo CD counts.',
      default: 'github',
    }),
    tls: tls(),
    proxy: proxy(),
    credentials: withRule(section({ username: username(), password: password() }), together('username', 'password'))
      .optional()
      .meta({
        description: 'How to log in to a mail server. Default: not.',
        ...togetherSchema('username', 'password'),
      }),
    from: address()
      .optional()
      .meta({ description: 'Who the mail is from.', examples: ['tidemark@example.com'] }),
    recipients: list(address(), 'e-mail addresses')
      .optional()
      .meta({ description: 'Who gets the mail.', examples: [['team@example.com']] }),
  }),
  ofItsKind,
).meta({ description: 'One who is told what happens.', ...ofItsKindSchema })

function intervalComplaint(value: string): string | undefined {
  const intervalMs = tryParseDuration(value)
  if (intervalMs === undefined) return 'expected a duration such as "10s"'
  return intervalMs <= MOST_INTERVAL_MS ? undefined : 'expected a duration of 1h at most'
}
