import { z } from 'zod'
import { BEST_ELSEWHERE } from './access.js'
import type { ServerConfig } from './configuration.js'
import { DEFAULTS } from './defaults.js'
import { orText, section, textThat } from './fields.js'
import { notEmpty } from './values.js'

/*
 * The HTTP server of the policy file.
 */

const port = () => {
  const expected = 'expected a port from 0 to 65535'
  const number = z.int().min(0, expected).max(65_535, expected)
  return orText(
    'a port from 0 to 65535',
    number,
    /^(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
  )
}

/** RFC 6750, section 2.1: what can stand in an `Authorization`. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

const token = () =>
  textThat('a token of letters, digits and "-._~+/", such as "openssl rand -hex 32" prints', isToken, TOKEN.source)

export const isToken = (text: string): boolean => TOKEN.test(text) && text.length <= MAX_TOKEN_LENGTH
const MAX_TOKEN_LENGTH = 4_096

/** RFC 1123, section 2.1, in lower case as browsers send it. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))*$/

export const server = section({
  host: notEmpty()
    .optional()
    .meta({ description: 'Address to listen at.', default: DEFAULTS.server.host, examples: ['0.0.0.0'] }),
  port: port()
    .optional()
    .meta({ description: 'Port to listen at; 0 takes any free one.', default: DEFAULTS.server.port }),
  names: z
    .array(
      textThat('a host name in lower case, without a port', (text) => HOST_NAME.test(text), HOST_NAME.source),
      { error: 'expected a list of host names' },
    )
    .optional()
    .meta({
      description:
        'Names by which browsers reach a server that listens on loopback, as through a proxy beside it. Addresses and localhost always do.',
      examples: [['tidemark.example.com']],
    }),
  readToken: token()
    .optional()
    .meta({
      description: `Who shows it may read the status page and the API. Default: everybody may. ${BEST_ELSEWHERE}`,
    }),
  adminToken: token()
    .optional()
    .meta({
      description: `Who shows it may also order looks, and set and lift holds. Default: nobody may. ${BEST_ELSEWHERE}`,
    }),
}).meta({ description: 'The HTTP server of the status page, the API, webhooks, health and metrics.' })

export function resolveServer(given: z.infer<typeof server> = {}): ServerConfig {
  const { host, port, names, readToken, adminToken } = given
  return {
    host: host ?? DEFAULTS.server.host,
    port: Number(port ?? DEFAULTS.server.port),
    names: names ?? [],
    ...(readToken !== undefined && { readToken }),
    ...(adminToken !== undefined && { adminToken }),
  }
}
