import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { createServer as createSecureServer, TLSSocket } from 'node:tls'
import type { Certificate } from './authority.js'

export interface ReceivedMail {
  readonly from: string
  readonly recipients: readonly string[]
  /** With the lines of its header, as it was sent. */
  readonly text: string
  readonly encrypted: boolean
  readonly user: string | undefined
}

export interface SmtpServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  stop(): Promise<void>
}

export interface SmtpOptions {
  /** Offers STARTTLS with it (RFC 3207), or speaks TLS from the start where `implicit` (RFC 8314). */
  readonly certificate?: Certificate
  readonly implicit?: boolean
  /** Who may log in; everybody must then (RFC 4954, AUTH PLAIN). */
  readonly login?: { readonly username: string; readonly password: string }
  /** What is answered to a recipient; 250 where undefined. */
  readonly answerTo?: (recipient: string) => string | undefined
}

/** A mail server for tests: the commands of RFC 5321, section 4.1, that a client needs to hand over mail. */
export async function startSmtpServer(options: SmtpOptions = {}): Promise<SmtpServer> {
  const { certificate, implicit = false } = options
  const mails: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  const secure = certificate && { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }
  const welcome = (socket: Socket, encrypted: boolean) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('220 mail.example.com ESMTP\r\n')
    converse(socket, encrypted)
  }

  function converse(socket: Socket, encrypted: boolean) {
    const lines = createInterface({ input: socket })
    const say = (text: string) => socket.write(`${text}\r\n`)
    let user: string | undefined
    let mail = { from: '', recipients: [] as string[] }
    let content: string[] | undefined
    lines.on('line', (line) => {
      if (content !== undefined) {
        // RFC 5321, section 4.5.2.
        if (line !== '.') return void content.push(line.startsWith('.') ? line.slice(1) : line)
        mails.push({ ...mail, text: content.join('\n'), encrypted, user })
        content = undefined
        mail = { from: '', recipients: [] }
        return void say('250 taken')
      }
      const [, command = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
      switch (command.toUpperCase()) {
        case 'EHLO': {
          const offers = [
            ...(secure !== undefined && !encrypted ? ['STARTTLS'] : []),
            ...(options.login ? ['AUTH PLAIN'] : []),
            '8BITMIME',
          ]
          for (const [index, offer] of offers.entries()) say(`250${index === offers.length - 1 ? ' ' : '-'}${offer}`)
          return
        }
        case 'STARTTLS':
          say('220 go ahead')
          lines.close()
          return converse(new TLSSocket(socket, { isServer: true, ...secure }), true)
        case 'AUTH': {
          const [, name, password] = Buffer.from(rest.replace(/^PLAIN /i, ''), 'base64')
            .toString()
            .split('\0')
          const isRight = name === options.login?.username && password === options.login?.password
          user = isRight ? name : undefined
          return void say(isRight ? '235 welcome' : '535 5.7.8 wrong user name or password')
        }
        case 'MAIL':
          if (options.login !== undefined && user === undefined) return void say('530 5.7.0 log in first')
          mail.from = addressIn(rest)
          return void say('250 ok')
        case 'RCPT': {
          const answer = options.answerTo?.(addressIn(rest))
          if (answer === undefined) mail.recipients.push(addressIn(rest))
          return void say(answer ?? '250 ok')
        }
        case 'DATA':
          content = []
          return void say('354 go on')
        case 'QUIT':
          say('221 bye')
          return void socket.end()
        default:
          return void say('250 ok')
      }
    })
  }

  const server =
    implicit && secure !== undefined
      ? createSecureServer(secure, (socket) => welcome(socket, true))
      : createServer((socket) => welcome(socket, false))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function addressIn(argument: string): string {
  return /<([^>]*)>/.exec(argument)?.[1] ?? ''
}
