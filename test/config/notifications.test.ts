// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf, load } from './files.js'

const top = (list: string) => `policies: {}\ngit: { fleet: { url: /a } }\nnotifications:\n${list}\n`

test('defaults are those of people, or of reconcilers, and names are distinct', async () => {
  const { notifications, secrets, warnings } = await load(
    top(`  - { to: slack, url: "\${SLACK}" }
  - { to: slack, url: "https://hooks.example.com/services/T0/B0/two", interval: 1m, on: [held], name: slack-2 }
  - { to: slack, url: "https://hooks.example.com/services/T0/B0/three" }
  - { to: flux-receiver, url: "http://flux.example.com/hook/0123456789abcdef", token: a-long-token }
  - { to: argocd, url: "https://argocd.example.com/api/webhook", tls: { ca: ca.pem } }
  - { to: email, url: "smtp://mail", from: a@b.example, recipients: ["B <b@b.example>"], credentials: { username: u, password: hunter2hunter2 } }`),
    { SLACK: 'https://hooks.example.com/services/T0/B0/one' },
  )
  const all = ['updated', 'failed', 'held', 'recovered', 'config-refused']
  assert.deepEqual(
    notifications.map(({ name, on, intervalMs }) => [name, on, intervalMs]),
    [
      ['slack', all, 10_000],
      ['slack-2', ['held'], 60_000],
      ['slack-3', all, 10_000],
      ['flux-receiver', ['updated'], 0],
      ['argocd', ['updated'], 0],
      ['email', all, 10_000],
    ],
  )
  const argo = notifications[4]
  assert.ok(argo?.to === 'argocd' && argo.as === 'github' && argo.tls?.ca?.startsWith('/'))
  for (const secret of [
    'https://hooks.example.com/services/T0/B0/one',
    '/services/T0/B0/two',
    '/hook/0123456789abcdef',
    'a-long-token',
    'hunter2hunter2',
  ]) {
    assert.ok(secrets.includes(secret), secret)
  }
  assert.ok(!secrets.includes('/api/webhook'))
  assert.match(
    warnings.find((warning) => warning.includes('notifications')) ?? '',
    /7:26: notifications\[3\]\.url: what is sent will go over http:\/\/ for everyone on the way to read$/,
  )
})

const URL = 'an https://, http://, smtp:// or smtps:// URL'
const HOOK = 'url: "https://a.example/hook"'
const FAULTS: readonly [string, readonly string[]][] = [
  ['  {}', ['4:3: notifications: expected a list, found a map']],
  [
    '  - { to: pager, url: "ftp://a:hunter2@b" }',
    [
      '4:11: notifications[0].to: expected "slack" or "teams" or "email" or "webhook" or "flux-receiver" or "argocd", found "pager"',
      `4:23: notifications[0].url: expected ${URL}, found a text`,
    ],
  ],
  ['  - { to: slack }', [`4:5: notifications[0].url: missing, expected ${URL}`]],
  [
    '  - { to: slack, url: "https://u:hunter2@hooks.example.com/x" }',
    ['4:23: notifications[0].url: the URL has a user name or password'],
  ],
  [
    '  - { to: slack, url: "smtp://a" }',
    ['4:23: notifications[0].url: "to: slack" goes to an https:// or http:// URL'],
  ],
  [
    `  - { to: email, ${HOOK}, from: "a\\nb@c", recipients: [] }`,
    [
      '4:23: notifications[0].url: "to: email" goes to an smtp:// or smtps:// URL',
      '4:55: notifications[0].from: expected an e-mail address such as "tidemark@example.com" or "Tidemark <tidemark@example.com>", found "***@c"',
      '4:77: notifications[0].recipients: expected at least one of the e-mail addresses, found a list',
    ],
  ],
  [
    '  - { to: email, url: "smtp://a/b" }',
    [
      '4:5: notifications[0].from: missing beside "to: email"',
      '4:5: notifications[0].recipients: missing beside "to: email"',
      '4:23: notifications[0].url: a mail server has no path',
    ],
  ],
  [
    `  - { to: argocd, ${HOOK}, on: [held], token: hunter2hunter2 }`,
    [
      '4:54: notifications[0].on: means nothing with "to: argocd"',
      '4:69: notifications[0].token: means nothing with "to: argocd"',
    ],
  ],
  [
    `  - { to: slack, ${HOOK}, interval: 2h }`,
    ['4:59: notifications[0].interval: expected a duration of 1h at most, found "2h"'],
  ],
  [
    `  - { to: slack, ${HOOK}, git: [fleeet], policies: ["a b"] }`,
    [
      '4:55: notifications[0].git[0]: no entry of "git" has the name "fleeet", did you mean "fleet"?',
      '4:75: notifications[0].policies[0]: expected the name of a policy, perhaps with "*", found "a b"',
    ],
  ],
  [
    `  - { to: slack, ${HOOK}, git: [fleeet] }`,
    ['4:55: notifications[0].git[0]: no entry of "git" has the name "fleeet", did you mean "fleet"?'],
  ],
  [
    `  - { to: slack, ${HOOK}, template: "{{ notice.tag }}" }`,
    [
      '4:59: notifications[0].template: cannot read the template: line 1, column 4: unknown variable "notice": expected "title", "count", "more", "notices"',
    ],
  ],
  [
    `  - { to: slack, ${HOOK}, name: x }\n  - { to: teams, ${HOOK}, name: x }`,
    ['5:55: notifications[1].name: another entry of "notifications" has the name "x"'],
  ],
]

for (const [list, expected] of FAULTS) {
  test(`the faults of ${list.trim().slice(0, 60)}`, async () => assert.deepEqual(await faultsOf(top(list)), expected))
}
