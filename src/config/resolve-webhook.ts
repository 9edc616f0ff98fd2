import { checked } from './checked.js'
import type { WebhookConfig } from './configuration.js'
import { DEFAULTS } from './defaults.js'
import { tryParseHost } from './host.js'
import type { PolicyFile } from './schema.js'

type Webhook = NonNullable<PolicyFile['webhooks']>[string]

/** Which keys each sender has is checked already. */
export function resolveWebhook(name: string, webhook: Webhook): WebhookConfig {
  const { sender, git, audience, serviceAccount } = webhook
  const common = { name, requestsPerSecond: Number(webhook.requestsPerSecond ?? DEFAULTS.webhook.requestsPerSecond) }
  const registry = webhook.registry === undefined ? {} : { registry: hostOf(webhook.registry) }
  if (sender === 'gar') {
    const account = checked(serviceAccount, undefined)
    return { ...common, sender, ...registry, audience: checked(audience, undefined), serviceAccount: account }
  }
  const secret = checked(webhook.secret, undefined)
  switch (sender) {
    case 'artifactory': {
      const { repository } = webhook
      return { ...common, sender, secret, ...registry, ...(repository !== undefined && { repository }) }
    }
    case 'docker-hub':
      return { ...common, sender, secret }
    case 'gitlab':
    case 'bitbucket':
      return { ...common, sender, secret, git: checked(git, undefined) }
    case 'github':
    case 'gitea':
      return { ...common, sender, secret, ...registry, ...(git !== undefined && { git }) }
    case 'ecr':
    case 'acr':
      return { ...common, sender, secret, ...registry, ...headerOf(webhook) }
    default:
      return { ...common, sender, secret, ...registry }
  }
}

function headerOf({ header }: Webhook): { readonly header?: string } {
  return header === undefined ? {} : { header: header.toLowerCase() }
}

function hostOf(text: string): string {
  return checked(tryParseHost(text), text)
}
