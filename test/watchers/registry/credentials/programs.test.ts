import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { askDockerHelper } from '../../../../src/watchers/registry/credentials/docker-credential.js'
import { askProgram } from '../../../../src/watchers/registry/credentials/exec.js'
import { eventually } from '../../../parts/eventually.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'

const { signal } = new AbortController()
const { PATH } = process.env
let folder: string

before(async () => {
  folder = await temporaryFolder('programs')
  process.env.PATH = `${folder}${delimiter}${PATH}`
})
after(async () => {
  process.env.PATH = PATH
  await removeFolder(folder)
})

/** Writes a program in a shell's language. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

const echo = (text: string) => `cat >/dev/null; printf '%s' '${text}'`

/** What the docker-credential-helpers project's client and server say to each other (client/client.go, credentials/). */
describe("Docker's credential helper", () => {
  it('is told the registry and gives a password', async () => {
    const answer = '{"ServerURL":"%s","Username":"%s","Secret":"a:b"}'
    await program('docker-credential-echo', `printf '${answer}' "$(cat)" "$1"`)
    assert.deepEqual(await askDockerHelper('echo', 'x.io:5000', signal), {
      credential: { kind: 'password', username: 'get', password: 'a:b' },
    })
  })

  it('knows Docker Hub by its old address', async () => {
    await program('docker-credential-hub', `printf '{"Username":"%s","Secret":"s"}' "$(cat)"`)
    const { credential } = await askDockerHelper('hub', 'docker.io', signal)
    assert.equal(credential?.kind === 'password' && credential.username, 'https://index.docker.io/v1/')
  })

  const GIVEN: readonly [name: string, script: string, expected: unknown][] = [
    [
      'an identity token',
      echo('{"Username":"<token>","Secret":"t"}'),
      { kind: 'identity', token: 't', username: '', password: '' },
    ],
    ['nothing without a user name', echo('{"Username":"","Secret":""}'), undefined],
    ['nothing where it says so', `${echo('credentials not found in native keychain')}; echo; exit 1`, undefined],
    ['what it has without listening', 'echo \'{"Username":"u","Secret":"s"}\'', password('u', 's')],
  ]
  for (const [name, script, expected] of GIVEN) {
    it(`gives ${name}`, async () => {
      await program('docker-credential-given', script)
      assert.deepEqual(await askDockerHelper('given', 'x.io', signal), { credential: expected })
    })
  }

  const FAILING: readonly [name: string, script: string, message: string][] = [
    ['says why', 'echo "no usable store"; exit 1', '"docker-credential-bad" ended with 1 (no usable store)'],
    ['shows a secret', 'echo \'{"Secret":"hunter2"}\'; exit 2', '"docker-credential-bad" ended with 2 ()'],
    ['says it elsewhere', 'echo locked >&2; exit 3', '"docker-credential-bad" ended with 3 (locked)'],
    ['is killed', 'kill -9 $$', '"docker-credential-bad" ended with a signal ()'],
    ['prints no JSON', 'echo hunter2', '"docker-credential-bad" printed no credentials'],
    ['prints something else', 'echo \'{"Username":1}\'', '"docker-credential-bad" printed no credentials'],
    [
      'never stops printing',
      'while :; do echo hunter2hunter2hunter2hunter2; done',
      '"docker-credential-bad" printed more than 65536 bytes',
    ],
  ]
  for (const [name, script, message] of FAILING) {
    it(`fails where it ${name}`, async () => {
      await program('docker-credential-bad', script)
      await assert.rejects(askDockerHelper('bad', 'x.io', signal), { message })
    })
  }

  it('fails where there is none', async () => {
    const message = 'program "docker-credential-missing" was not found'
    await assert.rejects(askDockerHelper('missing', 'x.io', signal), { message })
  })

  for (const name of ['../evil', 'a b', 'a;b', '', '-x', 'x'.repeat(129)]) {
    it(`is not named ${JSON.stringify(name.slice(0, 10))}`, async () => {
      await assert.rejects(askDockerHelper(name, 'x.io', signal), {
        message: /is not the name of a credential helper$/,
      })
    })
  }
})

describe("a user's program", () => {
  it('is told the registry, takes arguments as they are, and says when its answer expires', async () => {
    const script = `printf '{"username":"%s","password":"%s","expiresAt":"2026-11-20T12:00:00Z"}' "$(cat)" "$2"`
    const path = await program('token', script)
    assert.deepEqual(await askProgram([path, '-x', '$(id) *'], 'x.io', signal), {
      credential: password('x.io', '$(id) *'),
      expiresAt: Date.UTC(2026, 10, 20, 12),
    })
  })

  it('is found by its name, and need not say when its answer expires', async () => {
    await program('short', echo('{"username":"u","password":"p"}'))
    assert.deepEqual(await askProgram(['short'], 'x.io', signal), {
      credential: password('u', 'p'),
      expiresAt: undefined,
    })
  })

  const FAILING: readonly [name: string, script: string, said: string][] = [
    ['ends with an error', 'echo hunter2; echo no network >&2; exit 4', 'ended with 4 (no network)'],
    ['prints no JSON', 'echo hunter2', 'printed no JSON object'],
    ['prints no user name', echo('{"username":"","password":"p"}'), 'printed no valid "username"'],
    ['prints no password', echo('{"username":"u"}'), 'printed no valid "password"'],
    ['prints no instant', echo('{"username":"u","password":"p","expiresAt":"soon"}'), 'printed no valid "expiresAt"'],
    [
      'prints no instant that is',
      echo('{"username":"u","password":"p","expiresAt":"2026-99-99T00:00:00Z"}'),
      'printed no valid "expiresAt"',
    ],
  ]
  for (const [name, script, said] of FAILING) {
    it(`fails where it ${name}`, async () => {
      const path = await program('bad', script)
      await assert.rejects(askProgram([path], 'x.io', signal), { message: `"${path}" ${said}` })
    })
  }

  it('does not repeat its arguments when it fails', async () => {
    const path = await program('bad', 'echo "cannot ask with $1 in $2" >&2; exit 1')
    const message = `"${path}" ended with 1 (cannot ask with *** in eu)`
    await assert.rejects(askProgram([path, 'hunter2', 'eu'], 'x.io', signal), { message })
  })

  it('fails where it may not be run', async () => {
    const path = await program('plain', '')
    await chmod(path, 0o644)
    await assert.rejects(askProgram([path], 'x.io', signal), { message: /cannot be run: .*EACCES/ })
  })

  it('ends with what it started when nobody waits any more', async () => {
    const stop = new AbortController()
    const path = await program('slow', `sleep 60 & echo $! > ${folder}/pid; wait`)
    const asking = askProgram([path], 'x.io', stop.signal)
    const pid = await eventually('it started', async () => Number(await readFile(join(folder, 'pid'), 'utf8')) || false)
    stop.abort(new Error('enough'))
    await assert.rejects(asking, { message: 'enough' })
    await eventually('its child has ended', async () => !(await isRunning(pid)))
  })
})

function password(username: string, password: string) {
  return { kind: 'password', username, password }
}

/** One that has ended may wait as a zombie for a parent that is to take note. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) Z /.test(stat)
}
