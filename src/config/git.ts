import { z } from 'zod'
import { BEST_ELSEWHERE, password, proxy, tls, username } from './access.js'
import { DEFAULTS } from './defaults.js'
import { orText, quotedText, section, text, textThat, withRule } from './fields.js'
import { gitLogin, gitLoginSchema } from './git-logins.js'
import { gitUrlComplaint } from './git-url.js'
import { privateKeyComplaint } from './private-keys.js'
import { oneForm, oneFormSchema } from './rules.js'
import { isAuthorText, isBranch, isServerOption, messageComplaint, pushBranchComplaint } from './texts.js'
import { flag, interval, notEmpty, path, span } from './values.js'

/*
 * One Git repository of the policy file: how it is reached, and what is written to it.
 */

const privateKey = (kind: string) =>
  text('the path of a private key, or the key itself', privateKeyComplaint, '^[^~]').meta({
    description: `${kind}: the path of its file, relative to this file, or the key itself. ${BEST_ELSEWHERE}`,
    examples: ['/run/secrets/key', `\${KEY}`],
  })

const passphrase = () =>
  notEmpty()
    .optional()
    .meta({ description: `What the key is encrypted with. ${BEST_ELSEWHERE}` })

const githubApp = section({
  id: orText('the ID of a GitHub App', z.int().min(1), /^[A-Za-z0-9.]{1,100}$/).meta({
    description: 'App ID or client ID of the GitHub App.',
    examples: [123_456],
  }),
  installation: orText('the ID of an installation', z.int().min(1), /^[0-9]{1,20}$/).meta({
    description: 'ID of its installation, which is the number at the end of the address of its settings.',
    examples: [7_654_321],
  }),
  key: privateKey('Private key of the GitHub App'),
})

const credentials = withRule(
  section({
    username: username(),
    password: password(),
    token: notEmpty().optional().meta({ description: 'Access token, sent as the password of the user "git".' }),
    sshKey: privateKey('Private key for SSH').optional(),
    passphrase: passphrase(),
    agent: path().optional().meta({
      description: "Socket of the agent that has the keys for SSH. Default: the environment's SSH_AUTH_SOCK.",
    }),
    knownHosts: path()
      .optional()
      .meta({
        description:
          "File of the host keys that SSH trusts, relative to this file. Default: OpenSSH's, of the user and of the machine.",
        examples: ['known_hosts'],
      }),
    githubApp: githubApp
      .optional()
      .meta({ description: 'An installed GitHub App, which gets tokens for an hour each.' }),
  }),
  gitLogin,
).meta({
  description: 'How to log in. Default: anonymously, and for SSH with the keys of the agent.',
  ...gitLoginSchema,
})

const person = (who: string, defaults: { readonly name?: string; readonly email?: string } = {}) =>
  section({
    name: textThat('a name without "<" and ">"', isAuthorText, '^[^<>]+$')
      .optional()
      .meta({ description: `Name of the ${who}.`, ...(defaults.name !== undefined && { default: defaults.name }) }),
    email: textThat('an e-mail address without "<" and ">"', isAuthorText, '^[^<>]+$')
      .optional()
      .meta({
        description: `E-mail address of the ${who}.`,
        ...(defaults.email !== undefined && { default: defaults.email }),
      }),
  }).optional()

const signing = withRule(
  section({
    ssh: privateKey('Private key of OpenSSH').optional(),
    openpgp: privateKey('Private key of OpenPGP, armored').optional(),
    passphrase: passphrase(),
  }),
  oneForm(['ssh'], ['openpgp']),
).meta({ description: 'Signs the commits. Default: they are not signed.', ...oneFormSchema(['ssh'], ['openpgp']) })

/** Each is sent with each push: more of them than any hook reads. */
const MOST_OPTIONS = 100

const push = section({
  branch: quotedText('a branch name, perhaps with {{ variables }}', pushBranchComplaint)
    .optional()
    .meta({
      description:
        'Another branch to push to: a Liquid template with policy, image, tag, branch and git. Default: the branch that is read.',
      examples: ['tidemark/{{ policy }}'],
    }),
  options: z
    .array(textThat('a line of text', isServerOption), { error: 'expected a list of texts' })
    .max(MOST_OPTIONS, { error: `expected at most ${MOST_OPTIONS} options` })
    .optional()
    .meta({ description: "Push options, which the server's hooks are told.", examples: [['ci.skip']] }),
})

export const git = section({
  url: text('a Git URL or a path', gitUrlComplaint).meta({
    description:
      'Where the repository is: https://, http://, ssh:// or file:// URL, git@host:path, or a path, relative to this file.',
    examples: ['https://git.example.com/acme/fleet.git', 'git@git.example.com:acme/fleet.git', '/srv/git/fleet.git'],
  }),
  branch: textThat('a branch name', isBranch)
    .optional()
    .meta({ description: 'The branch that is read and written.', default: DEFAULTS.git.branch }),
  interval: interval()
    .optional()
    .meta({
      description: "How often to look for other people's commits.",
      default: DEFAULTS.git.interval,
      examples: ['30s', '5m'],
    }),
  credentials: credentials.optional(),
  tls: tls(),
  proxy: proxy(),
  author: person('author', DEFAULTS.author).meta({ description: 'Author of the commits.' }),
  committer: person('committer').meta({ description: 'Committer of the commits. Default: the author.' }),
  signOff: flag().optional().meta({
    description: 'Whether the message ends with "Signed-off-by" and the committer.',
    default: DEFAULTS.git.signOff,
  }),
  message: quotedText('a Liquid template', messageComplaint)
    .optional()
    .meta({
      description:
        'Message of the commits: a Liquid template with summary, git, branch, changes and policies. Default: the usual one.',
      examples: ['chore(deps): update {{ summary }}'],
    }),
  signing: signing.optional(),
  push: push.optional().meta({ description: 'How it is pushed.' }),
  reverts: section({
    within: span()
      .optional()
      .meta({
        description: 'How far back the history is looked through for tags that somebody took back; 0s: not at all.',
        default: DEFAULTS.git.reverts,
        examples: ['30d'],
      }),
  })
    .optional()
    .meta({ description: 'What somebody took back is not written again.' }),
}).meta({ description: 'One Git repository.' })
