import { execFile } from 'node:child_process'
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RegistryAuth } from './docker-registry.js'
import { removeFolder, temporaryFolder } from './folder.js'

/** A server of the tokens that Docker's token authentication describes, signed by a key of its own. */
export interface TokenServer {
  /** What a registry needs to take its tokens. */
  readonly auth: Extract<RegistryAuth, { type: 'token' }>
  /** Every request so far: its query, and whose it was. */
  readonly requests: readonly { readonly query: URLSearchParams; readonly username: string | undefined }[]
  stop(): Promise<void>
}

export interface TokenServerOptions {
  /** Passwords by user name. Users may push and pull everything. */
  readonly users?: Readonly<Record<string, string>>
  /** Repositories that anybody may pull. */
  readonly open?: readonly string[]
  readonly lifetimeS?: number
}

const ISSUER = 'tidemark-test'
const SERVICE = 'test-registry'

export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { users = {}, open = [], lifetimeS = 300 } = options
  const folder = await temporaryFolder('token-server')
  const rootCertificate = join(folder, 'certificate.pem')
  const key = await makeKey(folder, rootCertificate)
  const certificate = new X509Certificate(await readFile(rootCertificate)).raw.toString('base64')
  const requests: { query: URLSearchParams; username: string | undefined }[] = []

  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams
    const given = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(given ?? '', 'base64').toString()) ?? []
    requests.push({ query, username })
    if (username !== undefined && users[username] !== password) {
      response.writeHead(401).end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'wrong password' }] }))
      return
    }
    const access = query.getAll('scope').flatMap((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':')
      if (username !== undefined) return [{ type, name, actions: actions.split(',') }]
      return open.includes(name) ? [{ type, name, actions: ['pull'] }] : []
    })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ token: tokenFor(username ?? '', access), expires_in: lifetimeS }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start a token server: no address')

  return {
    auth: {
      type: 'token',
      realm: `http://127.0.0.1:${address.port}/token`,
      service: SERVICE,
      issuer: ISSUER,
      rootCertificate,
    },
    requests,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      await removeFolder(folder)
    },
  }

  /** Claims as in the distribution project's docs/content/spec/auth/jwt.md. */
  function tokenFor(subject: string, access: readonly object[]): string {
    const now = Math.floor(Date.now() / 1_000)
    const claims = {
      iss: ISSUER,
      sub: subject,
      aud: SERVICE,
      nbf: now - 10,
      iat: now,
      exp: now + lifetimeS,
      jti: randomUUID(),
    }
    const header = { typ: 'JWT', alg: 'ES256', x5c: [certificate] }
    const text = `${encoded(header)}.${encoded({ ...claims, access })}`
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
}

/** Node reads certificates and makes none: openssl does. */
async function makeKey(folder: string, certificatePath: string) {
  const keyPath = join(folder, 'key.pem')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', keyPath, '-out', certificatePath]
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...files, '-days', '2', '-subj', `/CN=${ISSUER}`])
  return createPrivateKey(await readFile(keyPath))
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
