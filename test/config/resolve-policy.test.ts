import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { load, withFiles } from './files.js'

/** What a policy with these lines demands. */
async function policyWith(...lines: string[]) {
  const text = `
git: { fleet: { url: /a } }
policies:
  first: { image: alpine, select: { semver: '*' }, write: [{ git: fleet }] }
  second:
    image: alpine
    select: { semver: '*' }
    ${lines.join('\n    ')}
`
  const { policies } = await load(text)
  return policies.find(({ name }) => name === 'second') ?? assert.fail()
}

const DEMANDS: readonly [string, object][] = [
  ['require: {}', {}],
  ['require: { minimumAge: 1d12h }', { minimumAgeMs: 129_600_000 }],
  ['require: { minimumAge: 0s }', {}],
  [
    'require: { platforms: [linux/amd64, Linux/aarch64, linux/arm] }',
    {
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
    },
  ],
  ['after: { policy: first }', { after: { policy: 'first', soakMs: 0 } }],
  ['after: { policy: first, soak: 1m }', { after: { policy: 'first', soakMs: 60_000 } }],
  ['holds: []', {}],
  ['holds: [{ tag: a, reason: "b #1" }]', { holds: [{ tag: 'a', reason: 'b #1' }] }],
  [
    'holds: [{ tag: a, reason: b, until: 2026-12-01 }, { tag: a, reason: b, until: 2026-12-01T09:00:00+01:00 }]',
    {
      holds: [
        { tag: 'a', reason: 'b', until: Date.UTC(2026, 11, 1) },
        { tag: 'a', reason: 'b', until: Date.UTC(2026, 11, 1, 8) },
      ],
    },
  ],
]

for (const [line, expected] of DEMANDS) {
  test(`the demands of ${line}`, async () => assert.deepEqual((await policyWith(line)).demands, expected))
}

test('a hold ends by the clocks of the window', async () => {
  const { demands, window } = await policyWith(
    'holds: [{ tag: a, reason: b, until: 2026-12-01 }]',
    'window: { timezone: America/New_York }',
  )
  assert.equal(demands.holds?.[0]?.until, Date.UTC(2026, 11, 1, 5))
  assert.equal(window, undefined)
})

test('what is written, and when, is taken as it stands', async () => {
  const { digest, fallback, ageFrom, window } = await policyWith(
    'digest: refresh',
    'fallback: "true"',
    'require: { minimumAge: 1h, ageFrom: registry }',
    'window: { allow: Mon-Fri 09:00-17:00, freeze: [2026-12-24/2027-01-02], timezone: Europe/Paris }',
  )
  assert.deepEqual([digest, fallback, ageFrom], ['refresh', true, 'registry'])
  assert.deepEqual(window, {
    allow: 'Mon-Fri 09:00-17:00',
    freeze: ['2026-12-24/2027-01-02'],
    timezone: 'Europe/Paris',
  })
  assert.deepEqual((await policyWith('window: { allow: [Sat, Sun] }')).window, { allow: ['Sat', 'Sun'] })
})

test('who must have signed is an identity, given exactly or as a pattern, and a trusted root perhaps', () => {
  const text = `policies:
  a:
    image: alpine
    select: { semver: '*' }
    require: { signature: { keyless: { issuer: https://a/, identity: b@example.com } } }
  b:
    image: alpine
    select: { semver: '*' }
    require: { signature: { keyless: { issuer: https://a, identityPattern: "b|c", trustedRoot: ../root.json } } }
`
  return withFiles({ 'etc/tidemark.yaml': text }, async (folder) => {
    const { policies } = await loadConfiguration([join(folder, 'etc')], { env: {} })
    assert.deepEqual(
      policies.map(({ demands, signature }) => [demands, signature]),
      [
        [{ signed: true }, { keyless: { issuer: 'https://a/', identity: 'b@example.com' } }],
        [
          { signed: true },
          { keyless: { issuer: 'https://a', identityPattern: 'b|c', trustedRoot: join(folder, 'root.json') } },
        ],
      ],
    )
  })
})
