import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { Notice } from '../../src/jobs/notices.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import type { Destination } from '../../src/notifications/destination.js'
import { openTarget } from '../../src/notifications/open.js'
import { startFakeArgo } from '../parts/fakes/argocd.js'
import { startFakeFlux } from '../parts/fakes/flux.js'
import { type Receiver, startReceiver } from '../parts/fakes/receiver.js'
import { startFakeSlack } from '../parts/fakes/slack.js'
import { startFakeTeams } from '../parts/fakes/teams.js'
import { change, held, pollFailed, pollRecovered, updated } from './notices.js'

const WISHES = { name: 'entry', on: ['updated'], intervalMs: 0 } as const
const HOSTILE = '<!channel> *x* [y](http://evil.example) <script>`&\u202e\n@here'

test('Slack is told in lines whose texts of others are no markup', async () => {
  await withPart(startFakeSlack(), async (slack) => {
    const url = 'https://git.example.com/acme/fleet/commit/2f8ae4b4'
    const notices = [updated({ url }), held('api', { reason: HOSTILE }), pollFailed('ghcr.io/acme/web')]
    await send({ ...WISHES, to: 'slack', url: slack.url }, notices)
    const [message] = slack.messages
    assert.equal(
      message?.text,
      [
        '*Tidemark: 1 failed, 1 held, 1 updated*',
        `• *podinfo* \`6.9.0\` → \`6.9.1\`, ghcr.io/acme/podinfo, apps/podinfo.yaml of fleet main, <${url}|2f8ae4b4>`,
        "• *api* is held in apps/api.yaml of fleet main: &lt;!channel&gt; *x* [y](http://evil.example) &lt;script&gt;'&amp;\\u{202e}\\u{a}@here",
        '• *ghcr.io/acme/web* could not be looked at: registry answered 500',
      ].join('\n'),
    )
    assert.equal(message?.blocks[0]?.text.text, message?.text)
  })
})

test('Slack is told the first of many things, and how many more there are', async () => {
  await withPart(startFakeSlack(), async (slack) => {
    const changes = Array.from({ length: 150 }, (_, index) =>
      change(`app-${index}`, { to: `${'x'.repeat(400)}${index}` }),
    )
    await send({ ...WISHES, to: 'slack', url: slack.url }, [updated({ changes, omitted: 50 })])
    const [message] = slack.messages
    const lines = message?.text.split('\n') ?? []
    assert.deepEqual([lines[0], lines.length, lines.at(-1)], ['*Tidemark: 200 updated*', 22, '• and 180 more'])
    assert.equal(message?.blocks.map(({ text }) => text.text).join('\n'), message?.text)
  })
})

test('What people read of a hold and of a refused policy file has no word twice, and no escapes', async () => {
  await withPart(startFakeSlack(), async (slack) => {
    const reason = 'Cannot load the policy file: 2 faults\na.yaml:1:2: image: missing\na.yaml:3:4: select: missing'
    const refused: Notice = { type: 'config-refused', at: 0, reason }
    await send({ ...WISHES, to: 'slack', url: slack.url }, [refused, held('api', { reason: 'held: leaks memory' })])
    assert.deepEqual(slack.messages[0]?.text.split('\n').slice(1), [
      '• *Policy file* refused, the one before stays in force: Cannot load the policy file: 2 faults: a.yaml:1:2: image: missing; a.yaml:3:4: select: missing',
      '• *api* is held in apps/api.yaml of fleet main: leaks memory',
    ])
  })
})

test('Slack is told in the words of a template', async () => {
  await withPart(startFakeSlack(), async (slack) => {
    const template = '{% for notice in notices %}{{ notice.policy }}: {{ notice.reason }}{% endfor %} ({{ count }})'
    await send({ ...WISHES, to: 'slack', url: slack.url, template }, [held('api', { reason: '<b> & more' })])
    assert.equal(slack.messages[0]?.text, 'api: &lt;b&gt; &amp; more (1)')
  })
})

test('Teams is told in a card whose texts of others are no Markdown', async () => {
  await withPart(startFakeTeams(), async (teams) => {
    const url = 'https://github.com/acme/fleet/commit/2f8ae4b4'
    await send({ ...WISHES, to: 'teams', url: teams.url }, [updated({ url }), held('api', { reason: HOSTILE })])
    const lines = teams.cards[0]?.body.map(({ inlines = [] }) => inlines.map(({ text }) => text).join(''))
    assert.deepEqual(lines?.slice(0, 2), [
      'Tidemark: 1 held, 1 updated',
      'podinfo 6.9.0 → 6.9.1, ghcr.io/acme/podinfo, apps/podinfo.yaml of fleet main, 2f8ae4b4',
    ])
    assert.match(lines?.[2] ?? '', /\[y\]\(http:\/\/evil\.example\)/)
    assert.deepEqual(new Set(teams.cards[0]?.body.map(({ type }) => type)), new Set(['RichTextBlock']))
    assert.equal(teams.cards[0]?.body[1]?.inlines?.at(-1)?.selectAction?.url, url)
  })
})

test('Teams gets as much as it takes, and a template with its Markdown escaped', async () => {
  await withPart(startFakeTeams(), async (teams) => {
    const reason = '\u{1f525}'.repeat(1_000)
    const notices = Array.from({ length: 60 }, (_, index) => held(`app-${index}`, { reason, file: 'é'.repeat(900) }))
    await send({ ...WISHES, to: 'teams', url: teams.url }, notices)
    const body = teams.cards[0]?.body ?? []
    const [more] = body.at(-1)?.inlines ?? []
    assert.equal(more?.text, `and ${60 - (body.length - 2)} more`)
    assert.ok(body.length > 5)
    await send({ ...WISHES, to: 'teams', url: teams.url, template: '**{{ title }}**' }, [held('a*b_[c](d)')])
    assert.equal(teams.cards[1]?.body[0]?.text, '**Held\\: a\\*b\\_\\[c\\]\\(d\\)**')
  })
})

test('a webhook gets a signed CloudEvent', async () => {
  await withPart(
    startReceiver(() => ({ status: 204 })),
    async (receiver) => {
      const url = `${receiver.origin}/hook`
      await send(
        { ...WISHES, to: 'webhook', url, secret: 'hush', token: 'bearer-token' },
        [updated(), held('api')],
        'id-1',
      )
      const [request] = receiver.received
      assert.ok(request !== undefined)
      const { headers, body } = request
      const { data, ...event } = JSON.parse(body)
      assert.deepEqual(event, {
        specversion: '1.0',
        id: 'id-1',
        source: 'tidemark',
        type: 'tidemark.notices.v1',
        time: '2026-11-20T12:00:00.000Z',
        datacontenttype: 'application/json',
      })
      assert.equal(headers['content-type'], 'application/cloudevents+json; charset=utf-8')
      assert.equal(headers.authorization, 'Bearer bearer-token')
      assert.equal(headers['x-signature'], `sha256=${createHmac('sha256', 'hush').update(body).digest('hex')}`)
      assert.equal(data.title, 'Tidemark: 1 held, 1 updated')
      assert.deepEqual(data.notices[1], { ...held('api'), at: '2026-11-20T12:00:00.000Z' })
    },
  )
})

test('Flux is asked to reconcile, with a signature where it wants one', async () => {
  for (const token of ['hush', undefined]) {
    await withPart(startFakeFlux(token), async (flux) => {
      await send({ ...WISHES, to: 'flux-receiver', url: flux.url, ...(token !== undefined && { token }) }, [updated()])
      assert.equal(flux.reconciled(), 1)
      assert.deepEqual(JSON.parse(flux.received[0]?.body ?? '').commits[0].branch, 'main')
    })
  }
})

const APPLICATIONS = [
  { name: 'https', repoURL: 'https://git.example.com/acme/fleet.git', targetRevision: 'main' },
  { name: 'scp', repoURL: 'git@git.example.com:acme/fleet', targetRevision: 'HEAD' },
  { name: 'ssh', repoURL: 'ssh://git@git.example.com:2222/acme/fleet.git', targetRevision: 'main', paths: ['apps/'] },
  { name: 'elsewhere', repoURL: 'https://git.example.com/acme/fleet.git', targetRevision: 'main', paths: ['infra/'] },
  { name: 'another branch', repoURL: 'https://git.example.com/acme/fleet.git', targetRevision: 'next' },
  { name: 'another repository', repoURL: 'https://git.example.com/acme/fleet-2.git', targetRevision: 'main' },
]

const REPOSITORIES: readonly [repository: string, refreshed: readonly string[]][] = [
  ['https://git.example.com/acme/fleet.git', ['https', 'scp', 'ssh']],
  ['http://git.example.com:3000/acme/fleet/', ['https', 'scp', 'ssh']],
  ['git@git.example.com:acme/fleet.git', ['https', 'scp', 'ssh']],
  ['ssh://git@git.example.com:2222/acme/fleet.git', ['https', 'scp', 'ssh']],
  ['/srv/git/fleet.git', []],
  ['file:///srv/git/fleet.git', []],
]

for (const as of ['github', 'gitlab'] as const) {
  for (const [repository, refreshed] of REPOSITORIES) {
    test(`Argo CD told as ${as} of ${repository} refreshes ${refreshed.join(', ') || 'nothing'}`, async () => {
      await withPart(startFakeArgo(APPLICATIONS, 'hush'), async (argo) => {
        await send({ ...WISHES, to: 'argocd', url: argo.url, secret: 'hush', as }, [updated({ repository })])
        assert.deepEqual(argo.refreshed, refreshed)
      })
    })
  }
}

test('Argo CD is told of each commit, and of no file where they are too many', async () => {
  await withPart(startFakeArgo(APPLICATIONS, 'hush'), async (argo) => {
    const { files, ...many } = updated()
    const notices = [many, updated({ branch: 'next' }), pollRecovered('ghcr.io/acme/app')]
    await send({ ...WISHES, to: 'argocd', url: argo.url, secret: 'hush', as: 'github' }, notices)
    assert.deepEqual(files, ['apps/podinfo.yaml'])
    assert.deepEqual(argo.refreshed, ['https', 'scp', 'ssh', 'elsewhere', 'scp', 'another branch'])
  })
})

test('Argo CD with another secret refuses for good', async () => {
  await withPart(startFakeArgo(APPLICATIONS, 'hush'), async (argo) => {
    const sent = send({ ...WISHES, to: 'argocd', url: argo.url, secret: 'wrong', as: 'github' }, [updated()])
    await assert.rejects(sent, {
      code: 'REFUSED',
      retryable: false,
      message: `Cannot notify "entry": "${argo.origin}" answered 400 (Webhook processing failed)`,
    })
  })
})

function send(destination: Destination, notices: readonly Notice[], id = 'id'): Promise<void> {
  const target = openTarget(destination, { proxies: { except: '' }, clock: systemClock, userAgent: 'tidemark/test' })
  return target.send({ id, notices }, new AbortController().signal)
}

async function withPart<Part extends Pick<Receiver, 'stop'>>(
  starting: Promise<Part>,
  use: (part: Part) => Promise<void>,
) {
  const part = await starting
  try {
    await use(part)
  } finally {
    await part.stop()
  }
}
