import { reasonOf } from '../error.js'
import { untilAborted } from '../lifecycle/until-aborted.js'
import { secureContexts } from '../net/tls.js'
import { oneLine } from '../telemetry/one-line.js'
import type { EmailDestination } from './destination.js'
import { NotificationError } from './errors.js'
import { linesOf, type Told, tell, templateValues } from './items.js'
import { bold, type Line, plainText, type Run } from './runs.js'
import type { Message, Target } from './target.js'
import type { MessageText } from './template-text.js'

export interface EmailOptions extends EmailDestination {
  /** Of the entry. */
  readonly name: string
}

const MOST_ITEMS = 200
const CONNECT_WITHIN_MS = 10_000
const SILENCE_MS = 20_000

/** Mail by SMTP (RFC 5321). A login is only shown over TLS, but to this machine; without one, TLS is used where the server has it (RFC 3207). */
export function emailTarget(options: EmailOptions, template?: MessageText): Target {
  const { name, tls } = options
  const contextOf = tls === undefined ? undefined : secureContexts(tls)

  return {
    async send(message, signal) {
      const { createTransport } = await import('nodemailer')
      const secureContext = await contextOf?.().catch((error: unknown) => {
        throw new NotificationError('REFUSED', `Cannot notify "${name}": ${reasonOf(error)}`)
      })
      const transport = createTransport(connectionOf(options, secureContext && { secureContext }))
      try {
        const { rejected } = await untilAborted(signal, transport.sendMail(mailOf(message, options, template)))
        if (rejected.length === 0) return
        const list = rejected.map((address) => JSON.stringify(address)).join(', ')
        throw new NotificationError('REFUSED', `Cannot notify "${name}": the server takes no mail for ${list}`)
      } catch (thrown) {
        if (thrown instanceof NotificationError || signal.aborted) throw thrown
        throw failureOf(options, thrown)
      } finally {
        transport.close()
      }
    },
  }
}

function connectionOf({ url, credentials }: EmailOptions, tls: object = {}) {
  const { protocol, hostname, port } = new URL(url)
  const secure = protocol === 'smtps:'
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    host,
    // RFC 6409 and RFC 8314, section 3.3.
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && credentials !== undefined && !isThisMachine(host),
    ...(credentials !== undefined && { auth: { user: credentials.username, pass: credentials.password } }),
    tls,
    connectionTimeout: CONNECT_WITHIN_MS,
    greetingTimeout: CONNECT_WITHIN_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function mailOf({ id, notices }: Message, { from, recipients }: EmailOptions, template: MessageText | undefined) {
  const told = tell(notices, MOST_ITEMS)
  const text = template?.(templateValues(told, (value) => value))
  return {
    from,
    to: [...recipients],
    subject: told.title,
    // A message that is sent twice is shown once.
    messageId: `<${id}@${domainOf(from)}>`,
    // Asks those who are away not to answer (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: text ?? plainText(linesOf(told)),
    ...(text === undefined && { html: htmlOf(told) }),
  }
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? 'localhost'
}

function htmlOf(told: Told): string {
  const items = linesOf(told).map((line) => `<li>${inHtml(line)}</li>`)
  return `<p>${inHtml([bold(told.title)])}</p>\n<ul>\n${items.join('\n')}\n</ul>\n`
}

function inHtml(line: Line): string {
  return line.map(htmlRun).join('')
}

function htmlRun({ text, style, url }: Run): string {
  const safe = escapeHtml(text)
  const styled = style === 'bold' ? `<b>${safe}</b>` : style === 'code' ? `<code>${safe}</code>` : safe
  return url === undefined ? styled : `<a href="${escapeHtml(url)}">${styled}</a>`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}

/** What a server answers with 5yz would be answered again (RFC 5321, section 4.2.1). */
function failureOf({ name, url, credentials }: EmailOptions, thrown: unknown): NotificationError {
  const { protocol, host } = new URL(url)
  const { responseCode, command } = Object(thrown)
  const said = oneLine(reasonOf(thrown)).slice(0, 300)
  const reason = credentials === undefined ? said : said.replaceAll(credentials.password, '***')
  const isFinal = (typeof responseCode === 'number' && responseCode >= 500) || command === 'STARTTLS'
  return new NotificationError(
    isFinal ? 'REFUSED' : 'UNAVAILABLE',
    `Cannot notify "${name}": "${protocol}//${host}": ${reason}`,
    {
      retryable: !isFinal,
    },
  )
}
