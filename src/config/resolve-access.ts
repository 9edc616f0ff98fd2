import type { Login, RegistryConfig } from './configuration.js'

/** A user name with a password; undefined where there is none. */
export function loginOf(
  credentials: { readonly username?: string | undefined; readonly password?: string | undefined } | undefined,
): Login | undefined {
  if (credentials?.username === undefined || credentials.password === undefined) return undefined
  return { username: credentials.username, password: credentials.password }
}

interface TlsPaths {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export function resolveTls(
  { ca, cert, key }: TlsPaths,
  absolute: (key: string, path: string) => string,
): NonNullable<RegistryConfig['tls']> {
  return {
    ...(ca !== undefined && { ca: absolute('ca', ca) }),
    ...(cert !== undefined && { cert: absolute('cert', cert) }),
    ...(key !== undefined && { key: absolute('key', key) }),
  }
}
