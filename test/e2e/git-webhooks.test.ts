import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { commitFiles, fsck, log, readFileAt } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import type { RunningTidemark } from '../parts/tidemark.js'
import { type GitHost, push } from '../watchers/webhooks/deliveries.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const SECRET = 'a-made-up-secret-of-hosts'
const SENDERS = { github: 'github', gitlab: 'gitlab', gitea: 'gitea', bitbucket: 'bitbucket-cloud' } as const

let stage: Stage
let fleet: Fleet
let service: RunningTidemark
let image = ''

// Nothing but an event makes anybody look: neither at the registry, nor at Git.
before(async () => {
  stage = await setStage()
  image = stage.image('events/app')
  await pushTags(stage.registry, 'events/app', ['1.0.0', '1.1.0'])
  const { url, path } = await stage.git.create('events', { 'a.yaml': `image: ${image}:1.0.0\n` })
  const webhooks = Object.keys(SENDERS).map((sender) => [sender, { sender, git: 'fleet', secret: SECRET }])
  const more = { git: { fleet: { url, interval: '10m' } }, webhooks: Object.fromEntries(webhooks) }
  fleet = { ...(await stage.fleet('unused', {}, { app: policy(image, '1.x') }, more)), url, path }
  service = await stage.start('--config', fleet.config, '--verbose')
  await committed(2)
})
after(() => stage.stop())

async function committed(commits: number): Promise<void> {
  await eventually(`${commits} commits`, async () => (await log(fleet.path, 'main')).length === commits)
}

function tell(sender: keyof typeof SENDERS, ref = 'refs/heads/main', host: GitHost = SENDERS[sender]) {
  const { headers, body } = push(host, { ref }, { secret: SECRET })
  return fetch(`${service.url}/webhooks/${sender}`, { method: 'POST', headers: { ...headers }, body })
}

/** How often the branch was looked at so far, whatever came of it. */
function looks(): number {
  const ends = ['Branch is up to date', 'Commit pushed']
  return service.records().filter(({ message }) => ends.includes(message)).length
}

describe('a push event of a Git host', () => {
  for (const [index, sender] of (Object.keys(SENDERS) as (keyof typeof SENDERS)[]).entries()) {
    it(`of ${sender} makes a new file be seen at once`, async () => {
      const file = `${sender}.yaml`
      await commitFiles(fleet.path, 'main', { [file]: `image: ${image}:1.0.0\n` })
      const answer = await tell(sender)
      assert.deepEqual([answer.status, await answer.json()], [202, { queued: 1 }])
      await committed(2 + 2 * (index + 1))
      assert.equal((await readFileAt(fleet.path, 'main', file)).toString(), `image: ${image}:1.1.0\n`)
    })
  }

  it('of our own push finds nothing to do', async () => {
    const [commits, before] = [(await log(fleet.path, 'main')).length, looks()]
    assert.equal((await tell('github')).status, 202)
    await eventually('a look', () => looks() > before)
    assert.equal((await log(fleet.path, 'main')).length, commits)
  })

  it('of another branch, of a tag, or of a stranger has no effect', async () => {
    const before = looks()
    const stranger = await fetch(`${service.url}/webhooks/gitlab`, { method: 'POST', ...push('gitlab') })
    const statuses = [await tell('gitlab', 'refs/heads/next'), await tell('gitea', 'refs/tags/main'), stranger]
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [200, 200, 401],
    )
    assert.equal(looks(), before)
  })

  it('is counted, and leaves a repository without a fault', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    const counted = [
      'tidemark_webhook_events_total{webhook="github",outcome="accepted"} 2',
      'tidemark_webhook_events_total{webhook="gitlab",outcome="ignored"} 1',
      'tidemark_webhook_events_total{webhook="gitlab",outcome="unauthorized"} 1',
    ]
    for (const line of counted) assert.ok(metrics.includes(line), line)
    await service.stop()
    await fsck(fleet.path)
  })
})
