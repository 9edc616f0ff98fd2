import { distributionSender } from './distribution.js'
import { genericSender } from './generic.js'
import type { Sender } from './sender.js'

/** One entry of `webhooks` in the policy file. */
export interface SenderConfig {
  readonly sender: 'generic' | 'distribution'
  readonly secret: string
  readonly registry?: string | undefined
}

export function createSender(config: SenderConfig): Sender {
  switch (config.sender) {
    case 'generic':
      return genericSender(config)
    case 'distribution':
      return distributionSender(config)
  }
}
