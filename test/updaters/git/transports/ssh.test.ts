import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { systemClock } from '../../../../src/lifecycle/clock.js'
import { DELIMITER, FLUSH, packetLine } from '../../../../src/updaters/git/packet-lines.js'
import type { SshLogin } from '../../../../src/updaters/git/transports/access.js'
import { fingerprint } from '../../../../src/updaters/git/transports/known-hosts.js'
import { type SshTransportOptions, sshTransport } from '../../../../src/updaters/git/transports/ssh.js'
import { tryParseSshAddress } from '../../../../src/updaters/git/transports/ssh-address.js'
import { sshHosts } from '../../../../src/updaters/git/transports/ssh-connections.js'
import { readIdentity } from '../../../../src/updaters/git/transports/ssh-identity.js'
import type { Transport, TransportRequest } from '../../../../src/updaters/git/transports/transport.js'
import { eventually } from '../../../parts/eventually.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { freePort } from '../../../parts/process.js'
import { type KeyOptions, type KeyPair, makeKey, startAgent } from '../../../parts/ssh-keys.js'
import { type SshServer, type SshServerOptions, startSshServer } from '../../../parts/ssh-server.js'
import { gitError } from '../scene.js'

const V2 = { 'git-protocol': 'version=2' }
const never = new AbortController().signal

const refs = (signal = never): TransportRequest => ({
  url: 'http://ssh.invalid/info/refs?service=git-upload-pack',
  method: 'GET',
  headers: V2,
  signal,
})

const lsRefs = (signal = never): TransportRequest => ({
  url: 'http://ssh.invalid/git-upload-pack',
  method: 'POST',
  headers: V2,
  body: Buffer.concat([packetLine('command=ls-refs\n'), DELIMITER, packetLine('ref-prefix refs/heads/\n'), FLUSH]),
  signal,
})

const loginOf = ({ key, knownHosts }: SshServer): SshLogin => ({ sshKey: { file: key.file }, knownHosts })
const ownHosts = (idleMs = 10_000) => sshHosts({ clock: systemClock, handshakeMs: 20_000, idleMs })

function open(url: string, login: SshLogin, options: SshTransportOptions = {}): Transport {
  const address = tryParseSshAddress(url)
  assert.ok(address !== undefined)
  return sshTransport(address, { login, hosts: ownHosts(), ...options })
}

async function read(transport: Transport, request: TransportRequest): Promise<string> {
  let text = ''
  for await (const chunk of (await transport.request(request)).body) text += Buffer.from(chunk).toString()
  return text
}

async function withServer(options: SshServerOptions, run: (server: SshServer, url: string) => Promise<void>) {
  const server = await startSshServer(options)
  try {
    await run(server, (await server.create('fleet', { 'a.yaml': 'a: 1\n' })).url)
  } finally {
    await server.stop()
  }
}

const passphrase = 'open sesame'

describe('the SSH transport', () => {
  let server: SshServer
  let url: string
  let folder: string
  let keys: Record<
    'ed25519' | 'ecdsa' | 'rsa' | 'locked' | 'pem' | 'lockedPem' | 'pkcs8' | 'openssl' | 'lockedOpenssl' | 'stranger',
    KeyPair
  >
  before(async () => {
    folder = await temporaryFolder('ssh-keys')
    const made = (name: string, options?: KeyOptions) => makeKey(folder, name, options)
    keys = {
      ed25519: await made('a'),
      ecdsa: await made('b', { type: 'ecdsa' }),
      rsa: await made('c', { type: 'rsa' }),
      locked: await made('d', { passphrase }),
      pem: await made('e', { type: 'rsa', format: 'PEM' }),
      lockedPem: await made('f', { type: 'ecdsa', format: 'PEM', passphrase }),
      pkcs8: await made('g', { type: 'ecdsa', format: 'PKCS8' }),
      openssl: await ed25519InPkcs8(join(folder, 'i')),
      lockedOpenssl: await ed25519InPkcs8(join(folder, 'j'), passphrase),
      stranger: await made('h'),
    }
    const { stranger, ...authorized } = keys
    server = await startSshServer({ authorized: Object.values(authorized), hostKeys: ['rsa', 'ecdsa', 'ed25519'] })
    url = (await server.create("a 'quoted'!", { 'a.yaml': 'a: 1\n' })).url
  })
  after(async () => {
    await server.stop()
    await removeFolder(folder)
  })

  const connections = async () => ((await server.log()).match(/Accepted publickey/g) ?? []).length

  test('asks a repository whatever its path has, and leaves out what is said before the answer', async () => {
    const transport = open(url, loginOf(server))
    assert.match(await read(transport, refs()), /^000eversion 2\n[\s\S]*fetch=[a-z -]*filter[\s\S]*0000$/)
    assert.match(await read(transport, lsRefs()), /^[0-9a-f]{44} refs\/heads\/main\n0000$/)
    assert.match(await read(transport, { ...refs(), headers: {} }), /^[0-9a-f]{44} HEAD\0/)
  })

  test('logs in by every kind of key', async () => {
    const logins: SshLogin[] = [
      { sshKey: { file: keys.ed25519.file } },
      { sshKey: { file: keys.ecdsa.file } },
      { sshKey: { file: keys.rsa.file } },
      { sshKey: { file: keys.locked.file }, passphrase },
      { sshKey: { file: keys.pem.file } },
      { sshKey: { file: keys.lockedPem.file }, passphrase },
      { sshKey: { file: keys.pkcs8.file } },
      { sshKey: { file: keys.openssl.file } },
      { sshKey: { file: keys.lockedOpenssl.file }, passphrase },
      { sshKey: { text: `\n${await readFile(keys.ed25519.file, 'utf8')}\n` } },
    ]
    for (const login of logins)
      assert.match(await read(open(url, { ...login, knownHosts: server.knownHosts }), refs()), /version 2/)
  })

  test('logs in by the keys of an agent', async () => {
    const agent = await startAgent(folder, [keys.stranger, keys.rsa])
    try {
      const login = { agent: agent.socket, knownHosts: server.knownHosts }
      assert.match(await read(open(url, login), refs()), /version 2/)
    } finally {
      await agent.stop()
    }
  })

  test('says which login is of no use, and why', async () => {
    const { file } = keys.locked
    const agent = await startAgent(server.folder, [])
    const cases: [login: SshLogin, reason: RegExp][] = [
      [
        {},
        /^no key to log in with: neither "sshKey" nor "agent" is configured, and there is no SSH_AUTH_SOCK; keys in ~/,
      ],
      [{ sshKey: { file: `${file}.missing` } }, /^key file cannot be read: ENOENT.*\.missing/],
      [{ sshKey: { file } }, /^key file ".*" has a passphrase, and none is configured$/],
      [{ sshKey: { file }, passphrase: 'wrong' }, /cannot be opened by the configured passphrase$/],
      [{ sshKey: { file: keys.lockedPem.file } }, /has a passphrase, and none is configured$/],
      [
        { sshKey: { file: keys.lockedPem.file }, passphrase: 'wrong' },
        /cannot be opened by the configured passphrase$/,
      ],
      [{ sshKey: { file: `${file}.pub` } }, /is a public key, and the private one is needed$/],
      [{ sshKey: { text: 's3cret' } }, /^SSH key is not a private key in OpenSSH or PEM format$/],
      [{ agent: `${file}.missing` }, /^agent at ".*\.missing" does not answer$/],
      [{ agent: agent.socket }, /^agent at ".*" has no key$/],
      [
        { sshKey: { file: keys.stranger.file } },
        new RegExp(
          `^server does not let us in \\(asked as "${server.user}" with the key ${literal(keys.stranger.fingerprint)} \\(ssh-ed25519\\)\\)$`,
        ),
      ],
    ]
    try {
      for (const [login, reason] of cases)
        await assert.rejects(
          open(url, { ...login, knownHosts: server.knownHosts }).request(refs()),
          gitError('UNAUTHORIZED', false, reason),
        )
    } finally {
      await agent.stop()
    }
  })

  test('trusts no host that it does not know, and shows it nothing', async () => {
    const [rsa, , ed25519] = server.hostKeys
    const file = join(server.folder, 'other_hosts')
    const at = `[127.0.0.1]:${server.port}`
    const shown = (key: KeyPair | undefined) => literal(key?.fingerprint ?? '')
    const offers = async () => (await server.log()).split('publickey').length
    const before = await offers()
    const cases: [lines: string, reason: RegExp][] = [
      [
        '',
        new RegExp(
          `^host key is not known: "127.0.0.1" at port ${server.port} shows the ssh-ed25519 key ${shown(ed25519)}, which is not in "${file}"; .*"ssh-keyscan -p ${server.port} -t ed25519 127.0.0.1"`,
        ),
      ],
      [
        `${at} ${keys.stranger.publicKey}`,
        new RegExp(
          `^host key has changed: .*${shown(ed25519)}, and "${file}", line 1, has the ssh-ed25519 key ${shown(keys.stranger)};`,
        ),
      ],
      [`${at} ${ed25519?.publicKey}\n@revoked * ${ed25519?.publicKey}`, /^host key is revoked: .*line 2, revokes$/],
      [
        `@cert-authority * ${ed25519?.publicKey}`,
        /not known: .*line 1, trusts an authority, and certificates of hosts are not supported/,
      ],
      // The key that is known decides which one is asked for, and a strange one of its type is not excused by others.
      [
        `${at} ${rsa?.publicKey.replace(/AAAA\S+/, keys.rsa.publicKey.split(' ')[1] ?? '')}`,
        /has changed: .* shows the ssh-rsa key/,
      ],
    ]
    for (const [lines, reason] of cases) {
      await writeFile(file, lines)
      const transport = open(url, { sshKey: { file: keys.ed25519.file }, knownHosts: file })
      await assert.rejects(transport.request(refs()), gitError('UNREACHABLE', false, reason))
    }
    const missing = open(url, { ...loginOf(server), knownHosts: `${file}.missing` })
    await assert.rejects(
      missing.request(refs()),
      gitError('UNREACHABLE', false, /^file of known hosts cannot be read: ENOENT/),
    )
    assert.equal(await offers(), before)
  })

  test('asks for the key that is known of a host with several', async () => {
    const file = join(server.folder, 'one_known')
    for (const { publicKey } of server.hostKeys) {
      await writeFile(file, `[127.0.0.1]:${server.port} ${publicKey}\n`)
      assert.match(await read(open(url, { ...loginOf(server), knownHosts: file }), refs()), /version 2/)
    }
  })

  test('runs everything on one connection, and a look takes no 40 ms', async () => {
    const before = await connections()
    const transport = open(url, loginOf(server))
    await Promise.all(Array.from({ length: 20 }, () => read(transport, lsRefs())))
    assert.equal(await connections(), before + 1)
    const times: number[] = []
    for (let round = 0; round < 9; round++) {
      const start = performance.now()
      await read(transport, lsRefs())
      times.push(performance.now() - start)
    }
    assert.ok(Math.min(...times) < 40, `took ${times}`)
  })

  test('opens another connection when the kept one is gone', async () => {
    const transport = open(url, loginOf(server), { hosts: ownHosts(20) })
    await read(transport, lsRefs())
    const ends = async () => ((await server.log()).match(/Disconnected from user/g) ?? []).length
    const before = await ends()
    await eventually('the idle connection is closed', async () => (await ends()) > before)
    assert.match(await read(transport, lsRefs()), /refs\/heads\/main/)
  })

  test('refuses an answer over its bound, and ends at once when it is aborted', async () => {
    const bounded = open(url, loginOf(server), { maxAnswerBytes: 20 })
    await assert.rejects(read(bounded, lsRefs()), gitError('TOO_LARGE', false, /more than 20 bytes/))
    const reason = new Error('stopping')
    await assert.rejects(open(url, loginOf(server)).request(refs(AbortSignal.abort(reason))), reason)
  })

  test('says what is missing', async () => {
    const login = loginOf(server)
    const missing = open(server.urlOf(join(server.folder, 'missing.git')), login)
    await assert.rejects(
      read(missing, refs()),
      gitError('REPOSITORY_NOT_FOUND', false, /does not appear to be a git repo/),
    )
    const nobody = open(`ssh://git@127.0.0.1:${await freePort()}/a`, login)
    await assert.rejects(nobody.request(refs()), gitError('UNREACHABLE', true, /ECONNREFUSED/))
    const asGit = open(url.replace(`${server.user}@`, ''), login)
    await assert.rejects(asGit.request(refs()), gitError('UNAUTHORIZED', false, /asked as "git" with the key/))
  })
})

test('a connection that breaks is not the end of an answer', async () => {
  // The program's parent is the server's process for this connection.
  const script = 'printf 000eversion\\ 2\\\\n00000008abcd; read line; kill -9 $(ps -o ppid= -p $PPID) $PPID'
  await withServer({ settings: [`ForceCommand ${script}`] }, async (server, url) => {
    await assert.rejects(
      read(open(url, loginOf(server)), lsRefs()),
      gitError('UNREACHABLE', true, /^connection to the server was lost$/),
    )
  })
})

test('a silent server is given up, and asked by another connection', async () => {
  await withServer({ settings: ['ForceCommand cat >/dev/null; sleep 60'] }, async (server, url) => {
    const transport = open(url, loginOf(server), { idleMs: 100 })
    await assert.rejects(read(transport, lsRefs()), gitError('UNREACHABLE', true, /^server sent nothing within 0.1 s$/))
    await assert.rejects(read(transport, lsRefs()), gitError('UNREACHABLE', true, /^server sent nothing within/))
    assert.equal((await server.log()).match(/Accepted publickey/g)?.length, 2)
    const controller = new AbortController()
    const reading = read(open(url, loginOf(server)), lsRefs(controller.signal))
    controller.abort(new Error('stopping'))
    await assert.rejects(reading, /^Error: stopping$/)
  })
})

test('a server that keeps what nobody reads is left, and so are its connections', async (t) => {
  const sockets = clientSockets(t)
  // What the shell runs in is stopped: it acknowledges every byte, and answers none, not even the end of the connection.
  const script = '(sleep 5; kill -9 $PPID) >/dev/null 2>&1 & kill -STOP $PPID; sleep 5'
  await withServer({ settings: [`ForceCommand ${script}`] }, async (server, url) => {
    const hosts = sshHosts({ clock: systemClock, handshakeMs: 1_000, idleMs: 10_000 })
    const transport = open(url, loginOf(server), { hosts, idleMs: 100 })
    const controller = new AbortController()
    const left = Array.from({ length: 8 }, () => read(transport, lsRefs(controller.signal)))
    await eventually('the server is stopped', async () => /Starting session/.test(await server.log()))
    setTimeout(() => controller.abort(new Error('stopping')), 50)
    for (const { status } of await Promise.allSettled(left)) assert.equal(status, 'rejected')
    await assert.rejects(read(transport, lsRefs()), gitError('UNREACHABLE', true, /^server sent nothing within/))
    assert.equal((await server.log()).match(/Accepted publickey/g)?.length, 2)
    const unclosed = () => sockets.filter(({ remotePort, destroyed }) => remotePort === server.port && !destroyed)
    await eventually('the connections are closed', async () => unclosed().length === 0)
  })
})

test('an agent that is silent is given up', async (t) => {
  const folder = await temporaryFolder('silent-agent')
  t.after(() => removeFolder(folder))
  const path = join(folder, 'agent.sock')
  const silent = createServer((socket) => void socket.resume())
  await new Promise<void>((resolve) => silent.listen(path, resolve))
  t.after(() => silent.close())
  const closed = new Promise<void>((resolve) => silent.once('connection', (socket) => socket.once('end', resolve)))
  await assert.rejects(readIdentity('git', { agent: path }, 50), gitError('UNAUTHORIZED', false, /does not answer$/))
  await closed
})

test('repositories with keys of their own log in at one server in turn', async () => {
  await withServer({ settings: ['MaxStartups 8:100:8'] }, async (server, url) => {
    const hosts = ownHosts()
    // A passphrase that no key has makes it another login all the same.
    const logins = Array.from({ length: 24 }, (_, index) => ({ ...loginOf(server), passphrase: `${index}` }))
    const answers = await Promise.all(logins.map((login) => read(open(url, login, { hosts }), lsRefs())))
    for (const answer of answers) assert.match(answer, /refs\/heads\/main/)
  })
})

test('a login is made anew after a while, although its connection is never idle', async () => {
  await withServer({}, async (server, url) => {
    let ahead = 0
    const clock = { ...systemClock, now: () => systemClock.now() + ahead }
    const transport = open(url, loginOf(server), { hosts: sshHosts({ clock, handshakeMs: 20_000, idleMs: 10_000 }) })
    for (ahead of [0, 9 * 60_000, 11 * 60_000, 12 * 60_000]) await read(transport, lsRefs())
    assert.equal((await server.log()).match(/Accepted publickey/g)?.length, 2)
    await eventually('the old one is closed', async () => /Disconnected from user/.test(await server.log()))
  })
})

test('a server of fewer sessions at once is asked for no more', async () => {
  await withServer({ settings: ['MaxSessions 2'] }, async (server, url) => {
    const transport = open(url, loginOf(server))
    const answers = await Promise.all(Array.from({ length: 12 }, () => read(transport, lsRefs())))
    for (const answer of answers) assert.match(answer, /refs\/heads\/main/)
  })
  await withServer({ settings: ['MaxSessions 0'] }, async (server, url) => {
    await assert.rejects(read(open(url, loginOf(server)), lsRefs()), gitError('UNREACHABLE', true, /open fail/))
  })
})

test('what a server says instead of an answer is told', async () => {
  const cases: [script: string, expected: ReturnType<typeof gitError>][] = [
    [
      'echo "ERROR: Repository not found." >&2; exit 1',
      gitError('REPOSITORY_NOT_FOUND', false, /^ERROR: Repository not found\.$/),
    ],
    ['echo Welcome', gitError('INVALID_ANSWER', false, /^server says "Welcome" and not the Git protocol$/)],
    ['printf "0024ERR access denied for anybody here"', gitError('UNAUTHORIZED', false, /access denied/)],
    ['exit 0', gitError('INVALID_ANSWER', true, /ends too early/)],
    ['printf 0000', gitError('INVALID_ANSWER', true, /version 2 no more$/)],
  ]
  for (const [script, expected] of cases)
    await withServer({ settings: [`ForceCommand ${script}`] }, async (server, url) => {
      await assert.rejects(read(open(url, loginOf(server)), lsRefs()), expected, script)
    })
})

/** All that this process connects from now on. */
function clientSockets(t: TestContext): readonly Socket[] {
  const sockets: Socket[] = []
  const note = (message: unknown) => void sockets.push((message as { readonly socket: Socket }).socket)
  subscribe('net.client.socket', note)
  t.after(() => unsubscribe('net.client.socket', note))
  return sockets
}

/** Ed25519 as OpenSSL writes it, which ssh-keygen(1) does not. */
async function ed25519InPkcs8(file: string, passphrase?: string): Promise<KeyPair> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const lock = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem', ...lock }))
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  // RFC 8709, section 4.
  const blob = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), point])
  return { file, publicKey: `ssh-ed25519 ${blob.toString('base64')}`, fingerprint: fingerprint(blob) }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
