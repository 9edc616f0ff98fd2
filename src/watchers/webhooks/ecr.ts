import { z } from 'zod'
import type { CloudOptions } from './acr.js'
import { requireSecret } from './authenticity.js'
import { checkShape, parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

/**
 * The events of Amazon ECR that an EventBridge rule sends to an API destination. Only pushes that succeeded count.
 * Source: docs.aws.amazon.com, "Amazon ECR events and EventBridge".
 */
export function ecrSender({ secret, header, registry }: CloudOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireSecret(delivery, secret, header)
      const event = parseBody(delivery.body, anyEvent)
      if (event['detail-type'] !== 'ECR Image Action') return []
      const { account, region, detail } = checkShape(event, imageAction)
      if (detail['action-type'] !== 'PUSH' || detail.result !== 'SUCCESS') return []
      const images = pushedImages(hostOf(account, region), detail['repository-name'], detail['image-tag'])
      return images.filter(({ repository }) => registry === undefined || repository.registry === registry)
    },
  }
}

/** Source: docs.aws.amazon.com, "Amazon ECR endpoints and quotas"; the regions of China have a domain of their own. */
function hostOf(account: string, region: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

const anyEvent = z.looseObject({ 'detail-type': z.string('expected a type') }, 'expected an object with "detail-type"')

const imageAction = z.object({
  account: z.string().regex(/^[0-9]+$/, 'expected an account'),
  region: z.string().regex(/^[a-z0-9-]+$/, 'expected a region'),
  detail: z.object({
    'action-type': z.string('expected a type'),
    result: z.string('expected a result'),
    'repository-name': z.string('expected a name'),
    'image-tag': z.string().default(''),
  }),
})
