import { bitbucketSender } from './bitbucket.js'
import { distributionSender } from './distribution.js'
import { genericSender } from './generic.js'
import { giteaSender } from './gitea.js'
import { githubSender } from './github.js'
import { gitlabSender } from './gitlab.js'
import type { Sender } from './sender.js'

/** One entry of `webhooks` in the policy file. */
export type SenderConfig =
  | {
      readonly sender: 'generic' | 'distribution'
      readonly secret: string
      readonly registry?: string | undefined
    }
  | {
      readonly sender: 'github' | 'gitlab' | 'gitea' | 'bitbucket'
      readonly secret: string
      readonly git: string
    }

export function createSender(config: SenderConfig): Sender {
  switch (config.sender) {
    case 'generic':
      return genericSender(config)
    case 'distribution':
      return distributionSender(config)
    case 'github':
      return githubSender(config)
    case 'gitlab':
      return gitlabSender(config)
    case 'gitea':
      return giteaSender(config)
    case 'bitbucket':
      return bitbucketSender(config)
  }
}
