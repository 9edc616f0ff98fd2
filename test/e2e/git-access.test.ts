import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fsck, log } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { type Agent, type KeyPair, makeKey, startAgent } from '../parts/ssh-keys.js'
import { type SshServer, startSshServer } from '../parts/ssh-server.js'
import { tidemark, writePolicyFile } from '../parts/tidemark.js'
import { policy, type Stage, setStage } from './stage.js'

let stage: Stage
let ssh: SshServer
let agent: Agent
let guarded: KeyPair
let image = ''

before(async () => {
  stage = await setStage()
  image = stage.image('access/app')
  await pushTags(stage.registry, 'access/app', ['1.0.0', '1.1.0'])
  guarded = await makeKey(stage.folder, 'guarded', { passphrase: 'a-made-up-passphrase' })
  ssh = await startSshServer({ authorized: [guarded] })
  agent = await startAgent(stage.folder, [ssh.key])
})
after(async () => {
  await agent.stop()
  await ssh.stop()
  await stage.stop()
})

/** A repository at the SSH server, and a policy file for it with these credentials. */
async function fleet(name: string, credentials: object | undefined) {
  const { url, path } = await ssh.create(name, { 'a.yaml': `image: ${image}:1.0.0\n` })
  const home = join(stage.folder, name)
  await mkdir(home)
  const config = await writePolicyFile(home, {
    git: { fleet: { url, ...(credentials !== undefined && { credentials }) } },
    policies: { app: policy(image, '1.x') },
    state: join(home, 'state'),
  })
  return { config, path }
}

type Env = Readonly<Record<string, string>>

const LOGINS: readonly [name: string, credentials: () => object | undefined, env: () => Promise<Env>][] = [
  ['the file of a key', () => ({ sshKey: ssh.key.file, knownHosts: ssh.knownHosts }), async () => ({})],
  [
    'a key of the environment, with its passphrase',
    () => ({ sshKey: '$' + '{KEY}', passphrase: '$' + '{PASSPHRASE}', knownHosts: ssh.knownHosts }),
    async () => ({ KEY: await readFile(guarded.file, 'utf8'), PASSPHRASE: 'a-made-up-passphrase' }),
  ],
  ['an agent', () => ({ agent: agent.socket, knownHosts: ssh.knownHosts }), async () => ({ SSH_AUTH_SOCK: '' })],
  [
    'the agent of the environment',
    () => ({ knownHosts: ssh.knownHosts }),
    async () => ({ SSH_AUTH_SOCK: agent.socket }),
  ],
]

describe('a policy file that reaches Git by SSH', () => {
  for (const [name, credentials, env] of LOGINS) {
    it(`logs in with ${name}`, async () => {
      const { config, path } = await fleet(name.replaceAll(/[^a-z]+/g, '-'), credentials())
      const { code, stdout, stderr } = await tidemark(['sync', '--config', config], { env: await env() })
      assert.equal(code, 0, stderr)
      assert.equal((await log(path, 'main')).length, 2)
      assert.doesNotMatch(stdout + stderr, /warning/)
      await fsck(path)
    })
  }

  it('trusts no host that it does not know', async () => {
    const { config, path } = await fleet('stranger', undefined)
    const env = { HOME: stage.folder, SSH_AUTH_SOCK: agent.socket }
    const { code, stderr } = await tidemark(['sync', '--config', config], { env })
    assert.equal(code, 1)
    assert.ok(stderr.includes(`shows the ssh-ed25519 key ${ssh.hostKeys[0]?.fingerprint}`), stderr)
    assert.equal((await log(path, 'main')).length, 1)
  })

  it('says before it starts which files are none, or lack their passphrase', async () => {
    const { file } = guarded
    const cases: readonly [credentials: object, fault: string][] = [
      [{ sshKey: 'nowhere' }, 'sshKey: cannot read a private key from "nowhere": it does not exist'],
      [{ sshKey: file }, `sshKey: cannot read a private key from "${file}": it is encrypted and needs "passphrase"`],
      [
        { sshKey: `${file}.pub` },
        `sshKey: cannot read a private key from "${file}.pub": it has a public key: expected the private one`,
      ],
      [{ knownHosts: '/dev/null' }, 'knownHosts: cannot read "/dev/null": it is not a file'],
    ]
    const git = cases.map(([credentials], index) => [`git-${index}`, { url: ssh.urlOf('/a.git'), credentials }])
    const config = await writePolicyFile(stage.folder, { git: Object.fromEntries(git), policies: {} })
    const { code, stderr } = await tidemark(['validate', '--config', config])
    assert.equal(code, 2)
    for (const [index, [, fault]] of cases.entries()) {
      assert.ok(stderr.includes(`: git.git-${index}.credentials.${fault}\n`), stderr)
    }
  })
})
