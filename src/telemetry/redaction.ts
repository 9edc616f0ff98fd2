/** What must be printed nowhere, which may become more while the process runs. */
export interface Redaction {
  readonly redact: (text: string) => string
  /** Those of before stay concealed: a server may still repeat them. */
  add(secrets: readonly string[]): void
}

export function redaction(first: readonly string[]): Redaction {
  const all = new Set(first)
  let current = redactor(first)

  return {
    redact: (text) => current(text),
    add(secrets) {
      if (secrets.every((secret) => all.has(secret))) return
      for (const secret of secrets) all.add(secret)
      current = redactor([...all])
    },
  }
}

// A shorter text would blot out half of every line, and is no secret.
const SHORTEST_SECRET = 4

/** Replaces secrets in a text, in the plain form and in the one that JSON and URLs give them. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
  const distinct = [...new Set(forms)].sort((a, b) => b.length - a.length)
  return (text) => distinct.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text)
}
