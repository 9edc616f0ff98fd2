import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../../src/jobs/notices.js'
import type { EmailDestination } from '../../src/notifications/destination.js'
import { emailTarget } from '../../src/notifications/email.js'
import { startAuthority } from '../parts/authority.js'
import { freePort } from '../parts/process.js'
import { startSmtpServer } from '../parts/smtp-server.js'
import { held, updated } from './notices.js'

const MAIL = {
  to: 'email',
  from: 'Tidemark <tidemark@example.com>',
  recipients: ['a@example.com', 'b@example.com'],
} as const
const LOGIN = { username: 'bot', password: 'hunter2hunter2' }

test('a mail has a subject, a text and what browsers show of it, with texts of others escaped', async (t) => {
  const server = await startSmtpServer()
  t.after(server.stop)
  const url = `smtp://127.0.0.1:${server.port}`
  await send({ ...MAIL, url }, [updated(), held('api', { reason: '<script>\r\nBcc: c@example.com' })])
  const [mail] = server.mails
  assert.deepEqual([mail?.from, mail?.recipients, mail?.encrypted], ['tidemark@example.com', MAIL.recipients, false])
  const text = decoded(mail?.text ?? '')
  assert.match(text, /^Subject: Tidemark: 1 held, 1 updated$/m)
  assert.match(text, /^Message-ID: <id@example.com>$/m)
  assert.match(
    text,
    /^podinfo 6\.9\.0 → 6\.9\.1, ghcr\.io\/acme\/podinfo, apps\/podinfo\.yaml of fleet main, 2f8ae4b4$/m,
  )
  assert.match(text, /<li><b>api<\/b> is held in apps\/api\.yaml of fleet main: &#60;script&#62;/)
  assert.doesNotMatch(text, /^Bcc/m)
})

test('a login is shown over STARTTLS, and over TLS from the start', async (t) => {
  const authority = await startAuthority()
  t.after(authority.stop)
  const certificate = await authority.issue('IP:127.0.0.1,DNS:localhost')
  for (const implicit of [false, true]) {
    const server = await startSmtpServer({ certificate, implicit, login: LOGIN })
    t.after(server.stop)
    const url = `${implicit ? 'smtps' : 'smtp'}://127.0.0.1:${server.port}`
    await send({ ...MAIL, url, tls: { ca: authority.ca }, credentials: LOGIN }, [updated()])
    assert.deepEqual([server.mails[0]?.encrypted, server.mails[0]?.user], [true, 'bot'])
    const untrusted = send({ ...MAIL, url, credentials: LOGIN }, [updated()])
    await assert.rejects(untrusted, { name: 'NotificationError', message: /certificate/ })
    const wrong = { username: 'bot', password: 'another-password' }
    await assert.rejects(
      send({ ...MAIL, url, tls: { ca: authority.ca }, credentials: wrong }, [updated()]),
      (error: Error) => {
        assert.match(error.message, /535/)
        assert.doesNotMatch(error.message, /another-password/)
        return 'retryable' in error && error.retryable === false
      },
    )
  }
})

const REFUSALS: readonly [answer: string, retryable: boolean][] = [
  ['550 5.1.1 no such user', false],
  ['450 4.2.1 busy', true],
]

for (const [answer, retryable] of REFUSALS) {
  test(`a server that says ${answer} to all is ${retryable ? '' : 'not '}asked again`, async (t) => {
    const server = await startSmtpServer({ answerTo: () => answer })
    t.after(server.stop)
    const sent = send({ ...MAIL, url: `smtp://127.0.0.1:${server.port}` }, [updated()])
    await assert.rejects(sent, { name: 'NotificationError', retryable })
  })
}

test('one recipient who is refused is named, and the others have the mail', async (t) => {
  const server = await startSmtpServer({
    answerTo: (recipient) => (recipient === 'b@example.com' ? '550 no' : undefined),
  })
  t.after(server.stop)
  await assert.rejects(send({ ...MAIL, url: `smtp://127.0.0.1:${server.port}` }, [updated()]), {
    retryable: false,
    message: 'Cannot notify "team": the server takes no mail for "b@example.com"',
  })
  assert.deepEqual(server.mails[0]?.recipients, ['a@example.com'])
})

test('a server that is away may be there later', async () => {
  const sent = send({ ...MAIL, url: `smtp://127.0.0.1:${await freePort()}` }, [updated()])
  await assert.rejects(sent, { name: 'NotificationError', retryable: true, message: /^Cannot notify "team": "smtp:/ })
})

function send(destination: EmailDestination, notices: readonly Notice[]): Promise<void> {
  return emailTarget({ ...destination, name: 'team' }).send({ id: 'id', notices }, new AbortController().signal)
}

/** Of quoted-printable, as RFC 2045, section 6.7, has it. */
function decoded(text: string): string {
  const bytes = text
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
