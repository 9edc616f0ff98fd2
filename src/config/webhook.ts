import { BEST_ELSEWHERE } from './access.js'
import { oneOf, section, textThat, withRule } from './fields.js'
import { tryParseHost } from './host.js'
import type { Complaint, Rule } from './rules.js'
import { notEmpty } from './values.js'

/*
 * One sender of push events of the policy file: a registry, a build, or a Git host.
 */

const GIT_HOSTS = ['github', 'gitlab', 'gitea', 'bitbucket'] as const

const OTHERS = ['generic', 'distribution'] as const

/** The events of a Git host are of a Git repository, those of the others of a registry. */
const ofOneKind: Rule = ({ sender, ...value }) => {
  const isGitHost = GIT_HOSTS.some((host) => host === sender)
  // What is no sender is told already.
  if (!isGitHost && !OTHERS.some((other) => other === sender)) return []
  const complaints: Complaint[] = []
  if (isGitHost && !('git' in value)) complaints.push({ key: 'git', message: 'expected the name of an entry of "git"' })
  const stray = isGitHost ? 'registry' : 'git'
  if (stray in value) complaints.push({ key: stray, message: `means nothing with the sender "${sender}"` })
  return complaints
}

const ofOneKindSchema = {
  if: { required: ['sender'], properties: { sender: { enum: [...GIT_HOSTS] } } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
  then: { required: ['git'], not: { required: ['registry'] } },
}

export const webhook = withRule(
  section({
    sender: oneOf(...OTHERS, ...GIT_HOSTS).meta({ description: 'What sends the events.' }),
    registry: textThat(
      'a registry host such as "registry.example.com:5000"',
      (value) => tryParseHost(value) !== undefined,
    )
      .optional()
      .meta({
        description:
          'The registry that the events are of: `generic` ignores every other one then. A `distribution` registry does not know its own name; without this, its events count for every image of their path.',
        examples: ['registry.example.com'],
      }),
    git: notEmpty().optional().meta({
      description:
        'Name of the entry of `git` that the events of a Git host are of. A push to its branch is looked at at once.',
    }),
    secret: notEmpty().meta({ description: `What the sender proves to know. ${BEST_ELSEWHERE}` }),
  }),
  ofOneKind,
).meta({ description: 'Push events of one sender, taken at /webhooks/<name>.', ...ofOneKindSchema })
