import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { bitbucketSender } from '../../../src/watchers/webhooks/bitbucket.js'
import { WebhookError } from '../../../src/watchers/webhooks/errors.js'
import { giteaSender } from '../../../src/watchers/webhooks/gitea.js'
import { type GitHostOptions, githubSender } from '../../../src/watchers/webhooks/github.js'
import { gitlabSender } from '../../../src/watchers/webhooks/gitlab.js'
import type { Delivery, Sender } from '../../../src/watchers/webhooks/sender.js'
import { type GitHost, push, SECRET } from './deliveries.js'

const HOSTS = ['github', 'gitlab', 'gitea', 'bitbucket-cloud', 'bitbucket-data-center'] as const
const ZEROS = '0'.repeat(40)

const SENDERS: Readonly<Record<GitHost, (options: GitHostOptions) => Sender>> = {
  github: githubSender,
  gitlab: gitlabSender,
  gitea: giteaSender,
  'bitbucket-cloud': bitbucketSender,
  'bitbucket-data-center': bitbucketSender,
}

const senderOf = (host: GitHost, secret = SECRET) => {
  return SENDERS[host]({ secret, git: 'fleet' })
}

for (const host of HOSTS) {
  const sender = senderOf(host)

  test(`${host}: reads the branch of a push, and nothing of its addresses`, () => {
    assert.deepEqual(sender.read(push(host)), [{ git: 'fleet', branch: 'main' }])
    assert.deepEqual(sender.read(push(host, { ref: 'refs/heads/team/next' })), [{ git: 'fleet', branch: 'team/next' }])
  })

  test(`${host}: ignores tags, deletions, and events of another kind`, () => {
    const ignored: readonly Delivery[] = [
      push(host, { ref: 'refs/tags/v1' }),
      push(host, { after: ZEROS }),
      push(host, {}, { event: 'ping' }),
      push(host, {}, { event: 'diagnostics:ping' }),
      push(host, {}, { event: 'Tag Push Hook' }),
      push(host, {}, { event: 'pullrequest:updated' }),
    ]
    for (const delivery of ignored) assert.deepEqual(sender.read(delivery), [], JSON.stringify(delivery.headers))
  })

  test(`${host}: refuses what is not proven, before it is parsed`, () => {
    const delivery = push(host)
    const [proof = ''] = Object.keys(delivery.headers).filter((name) => /signature|token/.test(name))
    const right: string = delivery.headers[proof] ?? assert.fail()
    const wrong: readonly (string | undefined)[] = [
      undefined,
      '',
      right.slice(0, -1),
      `${right}0`,
      `${right}, ${right}`,
      right.replace('sha256', 'sha1').replace(SECRET, 'another'),
      push(host, {}, { secret: 'another-secret' }).headers[proof],
    ]
    for (const value of wrong.filter((value) => value !== right)) {
      const headers = { ...delivery.headers, [proof]: value }
      assert.throws(() => sender.read({ headers, body: Buffer.from('not JSON') }), { code: 'UNAUTHORIZED' }, value)
      assert.throws(() => sender.read({ headers, body: delivery.body }), { code: 'UNAUTHORIZED' }, value)
    }
  })

  test(`${host}: refuses a body of another format`, () => {
    const delivery = push(host)
    for (const text of ['', '{}', '[]', '{ "ref": 1, "after": 2 }', '{ "changes": [{}] }', 'payload=%7B%7D']) {
      const { headers, body } = resigned(host, delivery, text)
      assert.throws(() => sender.read({ headers, body }), { code: 'INVALID_BODY' }, text)
    }
  })
}

test('says that a form was sent instead of JSON', () => {
  const { headers, body } = resigned('github', push('github'), 'payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D')
  const reason = 'a form instead of JSON, set the content type of the webhook to "application/json"'
  assert.throws(
    () => senderOf('github').read({ headers, body }),
    new WebhookError('INVALID_BODY', `Cannot read event: ${reason}`),
  )
})

// Signed by others than this code: GitHub's documentation of webhook signatures.
test("knows GitHub's published signature", () => {
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const headers = { 'x-hub-signature-256': signature, 'x-github-event': 'ping' }
  const sender = senderOf('github', "It's a Secret to Everybody")
  assert.deepEqual(sender.read({ headers, body: Buffer.from('Hello, World!') }), [])
})

test('gitea: takes the signature that GitHub would send, and not only half of two', () => {
  const { headers, body } = push('gitea')
  const bare = headers['x-gitea-signature'] ?? assert.fail()
  const sender = senderOf('gitea')
  const likeGitHub = { 'x-gitea-event': 'push', 'x-hub-signature-256': `sha256=${bare}` }
  assert.equal(sender.read({ headers: likeGitHub, body }).length, 1)
  assert.equal(sender.read({ headers: { ...likeGitHub, ...headers }, body }).length, 1)
  const wrong = { ...headers, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }
  assert.throws(() => sender.read({ headers: wrong, body }), { code: 'UNAUTHORIZED' })
})

test('bitbucket: the connection test need not be signed, but no wrong signature passes', () => {
  const sender = senderOf('bitbucket-data-center')
  const body = Buffer.from('{"test":true}')
  assert.deepEqual(sender.read({ headers: { 'x-event-key': 'diagnostics:ping' }, body }), [])
  const headers = { 'x-event-key': 'diagnostics:ping', 'x-hub-signature': `sha256=${'0'.repeat(64)}` }
  assert.throws(() => sender.read({ headers, body }), { code: 'UNAUTHORIZED' })
})

test('bitbucket: reads every change of a push', () => {
  const branch = (name: string) => ({ new: { type: 'branch', name } })
  const changes = [branch('main'), { new: null }, { old: null }, { new: { type: 'tag', name: 'v1' } }, branch('next')]
  const { headers, body } = resigned('bitbucket-cloud', push('bitbucket-cloud'), JSON.stringify({ push: { changes } }))
  assert.deepEqual(
    senderOf('bitbucket-cloud')
      .read({ headers, body })
      .map((pushed) => 'git' in pushed && pushed.branch),
    ['main', 'next'],
  )
})

const KEY = Buffer.from('a key that nobody guesses, of 32B')
const SIGNING_TOKEN = `whsec_${KEY.toString('base64')}`

/** As Standard Webhooks sign: `id.timestamp.body`. */
function standard(body: Uint8Array, key = KEY, time = '1763653682') {
  const signature = createHmac('sha256', key).update(`msg_1.${time}.`).update(body).digest('base64')
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` }
  return { 'x-gitlab-event': 'Push Hook', ...headers }
}

test('gitlab: takes what is signed with a signing token, and nothing else then', () => {
  const { body } = push('gitlab')
  const sender = senderOf('gitlab', SIGNING_TOKEN)
  const right = standard(body)
  const another = standard(body, Buffer.from('another key'))['webhook-signature']
  const taken = [right, { ...right, 'webhook-signature': `${another} ${right['webhook-signature']}` }]
  for (const headers of taken) assert.equal(sender.read({ headers, body }).length, 1)
  const refused: readonly Readonly<Record<string, string | undefined>>[] = [
    push('gitlab', {}, { secret: SIGNING_TOKEN }).headers,
    { ...right, 'webhook-signature': undefined },
    { ...right, 'webhook-signature': another },
    { ...right, 'webhook-signature': right['webhook-signature'].replace('v1,', 'v2,') },
    { ...right, 'webhook-signature': right['webhook-signature'].slice(0, -1) },
    { ...right, 'webhook-id': 'msg_2' },
    { ...right, 'webhook-timestamp': '1763653683' },
    { ...standard(body, KEY, ''), 'webhook-timestamp': undefined },
  ]
  for (const headers of refused) assert.throws(() => sender.read({ headers, body }), { code: 'UNAUTHORIZED' })
})

test('gitlab: a signing token without a key is taken for a secret like any other', () => {
  const sender = senderOf('gitlab', 'whsec_')
  const { body } = push('gitlab')
  assert.throws(() => sender.read({ headers: standard(body, Buffer.alloc(0)), body }), { code: 'UNAUTHORIZED' })
  assert.equal(sender.read(push('gitlab', {}, { secret: 'whsec_' })).length, 1)
})

/** The same delivery with another body, signed anew. */
function resigned(host: GitHost, { headers }: Delivery, text: string): Delivery {
  const body = Buffer.from(text)
  const hex = createHmac('sha256', SECRET).update(body).digest('hex')
  const proofs = {
    'x-hub-signature-256': `sha256=${hex}`,
    'x-hub-signature': `sha256=${hex}`,
    'x-gitea-signature': hex,
  }
  const proof = host === 'gitlab' ? { 'x-gitlab-token': SECRET } : proofs
  return { headers: { ...headers, ...proof }, body }
}
