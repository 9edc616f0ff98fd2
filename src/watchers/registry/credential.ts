import { hash } from 'node:crypto'

/** What a registry's host is shown. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token that a token server takes; the password form is for servers that do not know that exchange. */
  | { readonly kind: 'identity'; readonly token: string; readonly username: string; readonly password: string }
  /** A token that the registry itself takes. */
  | { readonly kind: 'bearer'; readonly token: string }

/** The `Authorization` of RFC 7617, or undefined where there is no user name. */
export function basicAuthorization(credential: Credential | undefined): string | undefined {
  if (credential === undefined || credential.kind === 'bearer' || credential.username === '') return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
}

/** Texts that would give a credential away, or the `Authorization` that was made of it; the longest first. */
export function secretsOf(credential: Credential | undefined, authorization: string | undefined): readonly string[] {
  const secrets = [authorization?.slice(authorization.indexOf(' ') + 1) ?? '']
  if (credential !== undefined && 'token' in credential) secrets.push(credential.token)
  if (credential !== undefined && 'password' in credential) secrets.push(credential.password)
  return secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
}

/** Text that tells credentials apart without containing them. */
export function credentialId(credential: Credential | undefined): string {
  return credential === undefined ? '' : hash('sha256', JSON.stringify(credential), 'base64url')
}
