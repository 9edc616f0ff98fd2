import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fsck, git } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { type KeyPair, makeKey } from '../parts/ssh-keys.js'
import { tidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const MESSAGE = `chore({{ git }}): {{ summary }}

{% for change in changes %}- {{ change.file }} had {{ change.from }}
{% endfor %}
Ticket: OPS-1`

let stage: Stage
let image = ''
let fleet: Fleet
let key: KeyPair

before(async () => {
  stage = await setStage()
  image = stage.image('team/app')
  await pushTags(stage.registry, 'team/app', ['1.0.0', '1.1.0'])
  key = await makeKey(stage.folder, 'key', { passphrase: 'open sesame' })
  const repository = {
    url: `${stage.git.url}/fleet.git`,
    author: { name: 'Tidemark', email: 'tidemark@example.com' },
    committer: { name: 'Bot', email: 'bot@example.com' },
    signOff: true,
    message: MESSAGE,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the policy file interpolates it
    signing: { ssh: key.file, passphrase: '${PASSPHRASE}' },
  }
  const files = { 'a.yaml': `image: ${image}:1.0.0\n` }
  fleet = await stage.fleet('fleet', files, { app: policy(image, '1.x') }, { git: { fleet: repository } })
})
after(() => stage.stop())

const sync = (passphrase: string) => tidemark(['sync', '--config', fleet.config], { env: { PASSPHRASE: passphrase } })
const log = async (format: string, ...settings: readonly string[]) =>
  (await git(fleet.path, [...settings, 'log', '-1', `--format=${format}`, 'main'])).toString().trim()

describe('a commit', () => {
  it('that cannot be signed is not made', async () => {
    const before = await log('%H')
    const { code, stdout, stderr } = await sync('sesame')
    assert.equal(code, 1)
    assert.match(stderr, /SSH key file ".+\/key" cannot be opened by the configured passphrase/)
    assert.doesNotMatch(stdout + stderr, /PRIVATE KEY|sesame/)
    assert.equal(await log('%H'), before)
  })

  it('says what was configured, and is signed', async () => {
    const { code, stderr } = await sync('open sesame')
    assert.deepEqual([code, stderr], [0, ''])
    assert.equal(await log('%an %ae %cn %ce'), 'Tidemark tidemark@example.com Bot bot@example.com')
    assert.equal(
      await log('%B'),
      `chore(fleet): app to 1.1.0

- a.yaml had 1.0.0

Ticket: OPS-1
Tidemark-Update: app ${image} 1.0.0 -> 1.1.0
Signed-off-by: Bot <bot@example.com>`,
    )
    const allowed = join(stage.folder, 'allowed')
    await writeFile(allowed, `bot@example.com ${key.publicKey}\n`)
    // Who is not trusted is refused.
    await git(fleet.path, ['-c', `gpg.ssh.allowedSignersFile=${allowed}`, 'verify-commit', 'main'])
    await rm(allowed)
    await fsck(fleet.path)
  })
})
