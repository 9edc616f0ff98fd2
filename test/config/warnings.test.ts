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
    `${POLICY.replace('}] }', '}, { git: same }, { git: next }] }')}
git:
  used: { url: /a }
  same: { url: /a, branch: main }
  next: { url: /a, branch: next }`,
    ['4:3: git.same: the same branch as "git.used": two writers will get in each other\'s way'],
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
    `${POLICY}\n${USED}\nwebhooks: { a: { sender: distribution, secret: hunter2 } }\nserver: { adminToken: hunter2 }`,
    [
      '3:40: webhooks.a.secret: short enough to be guessed',
      '4:11: server.adminToken: no effect yet: there are no operations over HTTP',
    ],
  ],
]

for (const [text, expected] of WARNINGS) {
  test(`warns of ${JSON.stringify(text.replace(POLICY, '…'))}`, async () => {
    const { warnings } = await load(text)
    assert.deepEqual(
      warnings.map((line) => line.replace(/^.*\/tidemark\.yaml:/, '')),
      expected,
    )
  })
}
