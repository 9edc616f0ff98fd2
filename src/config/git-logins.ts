import type { Fault } from './errors.js'
import { gitUrlComplaint, gitUrlKind } from './git-url.js'
import { entriesAt, formatPath, locate, type MapNode, textAt } from './node.js'
import { oneForm, type Rule } from './rules.js'

/*
 * The ways to log in to a Git server, of which each goes with one kind of URL.
 */

const FORMS = [['username', 'password'], ['token'], ['sshKey'], ['agent'], ['githubApp']] as const
const FORM_KEYS: readonly string[] = FORMS.flat()
/** What an SSH login may have beside its key or agent; `knownHosts` may stand alone. */
const SSH_KEYS: readonly string[] = ['sshKey', 'agent', 'knownHosts', 'passphrase']

const oneLogin = oneForm(...FORMS, ['knownHosts'])

/** Exactly one form, and a passphrase only beside its key. */
export const gitLogin: Rule = (value) => {
  const { knownHosts: _, ...login } = value
  const complaints = oneLogin(FORM_KEYS.some((key) => key in login) ? login : value)
  if (!('passphrase' in value) || 'sshKey' in value) return complaints
  return [...complaints, { key: 'passphrase', message: 'means nothing without "sshKey"' }]
}

/** The same for the JSON Schema. */
export const gitLoginSchema = {
  oneOf: [
    ...FORMS.map((required) => ({ required })),
    { required: ['knownHosts'], not: { anyOf: FORM_KEYS.map((key) => ({ required: [key] })) } },
  ],
  dependentRequired: { passphrase: ['sshKey'] },
}

/** Logins that their URL has no use for: a secret that is sent nowhere is meant for something else. */
export function* unfitLogins(root: MapNode): Generator<Fault> {
  for (const name of entriesAt(root, ['git']).keys()) {
    const { node } = locate(root, ['git', name, 'url'])
    const url = textAt(root, ['git', name, 'url'])
    if (url === undefined || gitUrlComplaint(url) !== undefined) continue
    if (node.kind === 'scalar' && node.interpolation?.failed) continue
    const kind = gitUrlKind(url)
    for (const [key, { key: at }] of entriesAt(root, ['git', name, 'credentials'])) {
      const fits = SSH_KEYS.includes(key) ? 'ssh' : FORM_KEYS.includes(key) ? 'http' : kind
      if (fits === kind) continue
      const message = `goes with ${fits === 'ssh' ? 'an ssh:// URL or git@host:path' : 'an https:// or http:// URL'} only`
      yield { ...at, path: formatPath(['git', name, 'credentials', key]), message }
    }
  }
}
