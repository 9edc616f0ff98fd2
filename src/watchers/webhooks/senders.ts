import type { Clock } from '../../lifecycle/clock.js'
import type { Proxies } from '../../net/proxies.js'
import { acrSender } from './acr.js'
import { alibabaSender } from './alibaba.js'
import { artifactorySender } from './artifactory.js'
import { bearerSender } from './bearer.js'
import { bitbucketSender } from './bitbucket.js'
import { cloudEventsSender } from './cloudevents.js'
import { distributionSender } from './distribution.js'
import { dockerHubSender } from './docker-hub.js'
import { ecrSender } from './ecr.js'
import { GOOGLE_KEYS, garSender } from './gar.js'
import { genericSender } from './generic.js'
import { giteaSender } from './gitea.js'
import { githubSender } from './github.js'
import { gitlabSender } from './gitlab.js'
import { gitlabRegistrySender } from './gitlab-registry.js'
import { harborSender } from './harbor.js'
import { nexusSender } from './nexus.js'
import { quaySender } from './quay.js'
import type { AskingSender, Sender } from './sender.js'
import { signingKeys } from './signing-keys.js'
import { zotSender } from './zot.js'

/** One entry of `webhooks` in the policy file. */
export type SenderConfig =
  | {
      readonly sender:
        | 'generic'
        | 'bearer'
        | 'distribution'
        | 'harbor'
        | 'quay'
        | 'gitlab-registry'
        | 'nexus'
        | 'alibaba'
        | 'cloudevents'
        | 'zot'
      readonly secret: string
      readonly registry?: string | undefined
    }
  | {
      readonly sender: 'artifactory'
      readonly secret: string
      readonly registry?: string | undefined
      readonly repository?: string | undefined
    }
  | { readonly sender: 'docker-hub'; readonly secret: string }
  | {
      readonly sender: 'ecr' | 'acr'
      readonly secret: string
      readonly header?: string | undefined
      readonly registry?: string | undefined
    }
  | {
      readonly sender: 'gar'
      readonly audience: string
      readonly serviceAccount: string
      readonly registry?: string | undefined
    }
  | {
      readonly sender: 'github' | 'gitea'
      readonly secret: string
      readonly git?: string | undefined
      readonly registry?: string | undefined
    }
  | { readonly sender: 'gitlab' | 'bitbucket'; readonly secret: string; readonly git: string }

/** What a sender that has to ask needs beside its entry. */
export interface SenderSurroundings {
  readonly proxies: Proxies
  readonly clock: Clock
}

export function createSender(config: SenderConfig, { proxies, clock }: SenderSurroundings): Sender | AskingSender {
  switch (config.sender) {
    case 'generic':
      return genericSender(config)
    case 'bearer':
      return bearerSender(config)
    case 'cloudevents':
      return cloudEventsSender(config)
    case 'distribution':
      return distributionSender(config)
    case 'gitlab-registry':
      return gitlabRegistrySender(config)
    case 'docker-hub':
      return dockerHubSender(config)
    case 'harbor':
      return harborSender(config)
    case 'quay':
      return quaySender(config)
    case 'artifactory':
      return artifactorySender(config)
    case 'nexus':
      return nexusSender(config)
    case 'zot':
      return zotSender(config)
    case 'alibaba':
      return alibabaSender(config)
    case 'ecr':
      return ecrSender(config)
    case 'acr':
      return acrSender(config)
    case 'gar':
      return garSender({ ...config, keys: signingKeys({ url: GOOGLE_KEYS, proxies, clock }), clock })
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
