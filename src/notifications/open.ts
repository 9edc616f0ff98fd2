import type { Clock } from '../lifecycle/clock.js'
import type { Proxies } from '../net/proxies.js'
import { compileNotificationTemplate } from '../template.js'
import { argoTarget } from './argocd.js'
import type { Destination } from './destination.js'
import { emailTarget } from './email.js'
import { fluxTarget } from './flux-receiver.js'
import { postTo } from './post.js'
import { slackTarget } from './slack.js'
import type { Target } from './target.js'
import { teamsTarget } from './teams.js'
import { type MessageText, messageText } from './template-text.js'
import { webhookTarget } from './webhook.js'

export interface OpenTargetOptions {
  /** Of the environment. */
  readonly proxies: Proxies
  readonly clock: Clock
  readonly userAgent: string
}

/** The target of one entry. Nothing is asked before a message is sent. */
export function openTarget(destination: Destination, options: OpenTargetOptions): Target {
  if (destination.to === 'email') return emailTarget(destination, textOf(destination))
  const secrets = [
    'secret' in destination ? destination.secret : undefined,
    'token' in destination ? destination.token : undefined,
  ]
  const post = postTo(
    destination,
    secrets.flatMap((secret) => secret ?? []),
    options,
  )
  switch (destination.to) {
    case 'slack':
      return slackTarget(post, textOf(destination))
    case 'teams':
      return teamsTarget(post, textOf(destination))
    case 'webhook':
      return webhookTarget(post, destination)
    case 'flux-receiver':
      return fluxTarget(post, destination)
    case 'argocd':
      return argoTarget(post, destination)
  }
}

function textOf({ name, template }: { readonly name: string; readonly template?: string }): MessageText | undefined {
  return template === undefined ? undefined : messageText(compileNotificationTemplate(template), name)
}
