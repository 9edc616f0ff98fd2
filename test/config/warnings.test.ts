import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './files.js'

const POLICY = 'policies: { a: { image: ghcr.io/a/a, select: { semver: "*" }, write: [{ git: used }] } }'
const USED = 'git: { used: { url: /a } }'
const LOGIN = 'credentials: { username: u, password: hunter2 }'
const UNENCRYPTED = 'credentials will go over http:// for everyone on the way to read'

const WARNINGS: readonly [string, readonly string[]][] = [
  [`${POLICY}\n${USED}`, []],
  ['policies: {}', ['1:1: policies: no policies: nothing will be done']],
  [`${POLICY}\ngit:\n  used: { url: /a }\n  spare: { url: /b }`, ['4:3: git.spare: no policy writes to it']],
  [`${POLICY}\ngit:\n  used: { url: "http://git.example.com/a", ${LOGIN} }`, [`3:11: git.used.url: ${UNENCRYPTED}`]],
  [`${POLICY}\ngit:\n  used: { url: "http://127.0.0.1:3000/a", ${LOGIN} }`, []],
  [`${POLICY}\ngit:\n  used: { url: "https://git.example.com/a", ${LOGIN} }`, []],
  [
    `${POLICY}\ngit:\n  used: { url: "ssh://git@h/a", tls: { ca: a }, proxy: "http://p" }`,
    [
      '3:33: git.used.tls: no effect without an https:// URL',
      '3:49: git.used.proxy: no effect without an https:// URL',
      '3:11: git.used.url: neither "sshKey" nor "agent", and the environment has no SSH_AUTH_SOCK: no key to log in with',
    ],
  ],
  [
    `${POLICY}\ngit:\n  used: { url: /a, proxy: "http://p" }`,
    ['3:20: git.used.proxy: no effect without an https:// URL'],
  ],
  [`${POLICY}\ngit:\n  used: { url: git@h:a, credentials: { agent: /run/agent } }`, []],
  [
    `${POLICY.replace('}] }', '}, { git: same }, { git: next }] }')}
git:
  used: { url: /a }
  same: { url: /a, branch: main }
  next: { url: /a, branch: next }`,
    ['4:3: git.same: the same branch as "git.used": two writers will get in each other\'s way'],
  ],
  [
    `${POLICY.replace('}] }', '}, { git: same }, { git: next }, { git: own }, { git: onto }] }')}
git:
  used: { url: /a, push: { branch: "t/{{ policy }}" } }
  same: { url: /a, branch: a, push: { branch: "t/{{ policy }}" } }
  next: { url: /a, branch: b, push: { branch: "t/{{ branch }}/{{ policy }}" } }
  own: { url: /a, branch: c, push: { branch: "t/{{ branch }}/{{ policy }}" } }
  onto: { url: /a, branch: d, push: { branch: main } }`,
    ['same', 'onto'].map(
      (name, at) =>
        `${4 + 3 * at}:3: git.${name}: the same branch as "git.used": two writers will get in each other's way`,
    ),
  ],
  [
    `${POLICY}\n${USED}\nregistries:\n  docker.io: {}\n  ghcr.io: {}`,
    ['4:3: registries["docker.io"]: no policy watches an image of this registry'],
  ],
  [
    `${POLICY}\n${USED}\nregistries:\n  ghcr.io: { plainHttp: true, ${LOGIN} }`,
    [`4:14: registries["ghcr.io"].plainHttp: ${UNENCRYPTED}`],
  ],
  [
    `${POLICY}\n${USED}\nregistries:\n  ghcr.io: { endpoint: "http://mirror.example.com", ${LOGIN} }`,
    [`4:14: registries["ghcr.io"].endpoint: ${UNENCRYPTED}`],
  ],
  [
    `${POLICY}\n${USED}\nregistries:\n  ghcr.io: { endpoint: "https://mirror.example.com", credentials: { provider: gar } }`,
    [
      '4:14: registries["ghcr.io"].endpoint: the endpoint gets the cloud\'s token, which may open more than this registry',
    ],
  ],
  [
    `${POLICY}\n${USED}\nregistries:\n  ghcr.io: { plainHttp: true, endpoint: "https://mirror.example.com", ${LOGIN} }`,
    [],
  ],
  [
    `${POLICY}\n${USED}\nwebhooks:\n  a: { sender: generic, secret: hunter2hunter2hunter2 }\n  b: { sender: generic, secret: hunter2hunter2hunter2, registry: quay.io }`,
    ['5:56: webhooks.b.registry: no policy watches an image of this registry: no event has an effect'],
  ],
  [
    `${POLICY}\ngit: { used: { url: /a }, spare: { url: /b } }\nwebhooks:\n  a: { sender: gitea, git: used, secret: hunter2hunter2hunter2 }\n  b: { sender: gitea, git: spare, secret: hunter2hunter2hunter2 }`,
    ['2:27: git.spare: no policy writes to it', '5:23: webhooks.b.git: no policy writes to it: no push has an effect'],
  ],
  [
    `${POLICY}\n${USED}\nwebhooks:\n  a: { sender: quay, secret: hunter2-hunter2-hunter2 }\n  b: { sender: gar, audience: a, serviceAccount: a@b.example }`,
    [
      '4:8: webhooks.a.sender: "quay" cannot prove who it is: whoever knows the address may send, so keep it like a password',
    ],
  ],
  [
    `${POLICY}\n${USED}\nwebhooks: { a: { sender: distribution, secret: hunter2 } }\nserver: { readToken: hunter2, adminToken: hunter2hunter2hunter2 }`,
    ['3:40: webhooks.a.secret: short enough to be guessed', '4:11: server.readToken: short enough to be guessed'],
  ],
  [
    `${POLICY}\n${USED}\nserver: { readToken: hunter2hunter2hunter2, adminToken: hunter2hunter2hunter2 }`,
    ['3:11: server.readToken: the same as "adminToken": whoever may read may operate'],
  ],
]

const NOW = Date.UTC(2026, 10, 20, 12)
const IDENTITY = 'keyless: { issuer: "https://accounts.google.com", identity: release@example.com }'
const NO_SELECTION = 'selects nothing without "write": it goes by the tag in Git'
const UNPINNED = 'once the tag is moved, another image runs than the one that was verified: set "digest: pin"'
const HOLD_OVER = 'the hold is over and can be taken out'
const FREEZE_OVER = 'the freeze is over and can be taken out'

/** Of a policy with these lines, from line 8 on. It is noon of 20 November 2026, UTC. */
const OF_POLICIES: readonly [string, readonly string[]][] = [
  ['select: { same: minor }', []],
  ['select: { like: current }', []],
  [`select: { semver: '*' }\n    digest: pin\n    require: { signature: { ${IDENTITY} } }`, []],
  [
    `select: { semver: '*' }\n    require: { platforms: [linux/aarch64, linux/arm/v6, windows/amd64, linux/s390x] }`,
    [],
  ],
  [
    `select: { semver: '*' }\n    require: { platforms: [linux/amd46, linus/arm64, linux/z80] }`,
    [
      '9:28: policies.app.require.platforms[0]: images are hardly built for "amd46", did you mean "amd64"?',
      '9:41: policies.app.require.platforms[1]: images are hardly built for "linus", did you mean "linux"?',
      '9:54: policies.app.require.platforms[2]: images are hardly built for "z80"',
    ],
  ],
  [`select: { digest: latest }\n    require: { signature: { ${IDENTITY} } }`, []],
  [
    `select: { semver: '*' }\n    digest: none\n    require: { signature: { ${IDENTITY} } }`,
    [`10:16: policies.app.require.signature: ${UNPINNED}`],
  ],
  ["select: { semver: '*' }\n    after: { policy: twin }", []],
  [
    "select: { semver: '*' }\n    after: { policy: other }",
    ['9:14: policies.app.after.policy: the policy "other" watches another image: only the tags are compared'],
  ],
  [
    `select: { semver: '*' }
    holds:
      - { tag: a, reason: b, until: 2026-11-20T12:00:00Z }
      - { tag: a, reason: b, until: 2026-11-20T12:00:01Z }
      - { tag: a, reason: b }
      - { tag: a, reason: b, until: 2026-11-20 }`,
    [`10:30: policies.app.holds[0].until: ${HOLD_OVER}`, `13:30: policies.app.holds[3].until: ${HOLD_OVER}`],
  ],
  [
    `select: { semver: '*' }
    holds: [{ tag: a, reason: b, until: 2026-11-20T07:01 }, { tag: a, reason: b, until: 2026-11-20T07:00 }]
    window: { timezone: America/New_York }`,
    [`9:82: policies.app.holds[1].until: ${HOLD_OVER}`],
  ],
  [
    `select: { semver: '*' }
    window:
      timezone: Pacific/Auckland
      freeze:
        - 2026-11-21
        - 2026-11-19
        - 2026-11-01 / 2026-11-18
        - 2026-11-20T00:00/2026-11-21T01:00
        - 2026-11-20T00:00/2026-11-21T01:01`,
    [
      `13:11: policies.app.window.freeze[1]: ${FREEZE_OVER}`,
      `14:11: policies.app.window.freeze[2]: ${FREEZE_OVER}`,
      `15:11: policies.app.window.freeze[3]: ${FREEZE_OVER}`,
    ],
  ],
]

for (const [text, expected] of WARNINGS) {
  test(`warns of ${JSON.stringify(text.replace(POLICY, '…'))}`, async () => {
    const { warnings } = await load(text)
    assert.deepEqual(warnings.map(withoutFile), expected)
  })
}

for (const [lines, expected] of OF_POLICIES) {
  test(`warns of a policy with ${JSON.stringify(lines)}`, async () => {
    const text = `git: { used: { url: /a } }
policies:
  twin: { image: docker.io/library/alpine, select: { semver: '*' }, write: [{ git: used }] }
  other: { image: ghcr.io/a/a, select: { semver: '*' }, write: [{ git: used }] }
  app:
    image: alpine
    write: [{ git: used }]
    ${lines}
`
    const { warnings } = await load(text, {}, NOW)
    assert.deepEqual(warnings.map(withoutFile), expected)
  })
}

test('warns of what goes by the tag in Git and writes nowhere', async () => {
  const { warnings } = await load(`policies:
  a: { image: alpine, select: { like: current } }
  b: { image: alpine, select: { same: major }, write: [] }
`)
  assert.deepEqual(warnings.map(withoutFile), [
    `2:33: policies.a.select.like: ${NO_SELECTION}`,
    `3:33: policies.b.select.same: ${NO_SELECTION}`,
  ])
})

function withoutFile(line: string): string {
  return line.replace(/^.*\/tidemark\.yaml:/, '')
}
