import { section, textThat, withRule } from './fields.js'
import { isProxyUrl } from './proxies.js'
import { together, togetherSchema } from './rules.js'
import { notEmpty, path } from './values.js'

/*
 * The fields of how a server is reached, which registries and Git repositories share.
 */

export const BEST_ELSEWHERE = `Best kept outside of this file, as "\${NAME}" or "\${file:PATH}".`

export const username = () => notEmpty().optional().meta({ description: 'User name.' })

export const password = () =>
  notEmpty()
    .optional()
    .meta({ description: `Password or access token. ${BEST_ELSEWHERE}` })

export const tls = () =>
  withRule(
    section({
      ca: path().optional().meta({
        description: 'PEM file of certificate authorities to trust beside the usual ones, relative to this file.',
      }),
      cert: path().optional().meta({ description: 'PEM file of the client certificate, relative to this file.' }),
      key: path().optional().meta({ description: 'PEM file of its private key, relative to this file.' }),
    }),
    together('cert', 'key'),
  )
    .optional()
    .meta({ description: 'How https:// proves who is who.', ...togetherSchema('cert', 'key') })

export const proxy = () =>
  textThat('an http:// or https:// URL of a proxy', isProxyUrl, '^https?://')
    .optional()
    .meta({
      description: `The HTTP proxy on the way. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY. ${BEST_ELSEWHERE}`,
      examples: ['http://proxy.example.com:3128'],
    })
