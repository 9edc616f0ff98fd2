// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf, load } from './files.js'

/** A policy that is right but for what is put in. */
const inPolicy = (line: string, select = "{ semver: '*' }") =>
  `policies:\n  a:\n    image: ghcr.io/org/app\n    select: ${select}\n    ${line}\n`
const inSelect = (select: string) => inPolicy('', `{ ${select} }`)
const inRequire = (line: string) => inPolicy(`require: { ${line} }`)
const inKeyless = (line: string) => inRequire(`signature: { keyless: { ${line} } }`)
const inHold = (line: string) => inPolicy(`holds: [{ ${line} }]`)

const HOLD_UNTIL = 'expected a date such as "2026-12-01", or an instant such as "2026-12-01T09:00:00Z"'

const FAULTS: readonly [string, readonly string[]][] = [
  // What selects.
  [inSelect('newest: pushed'), ['4:23: policies.a.select.newest: expected "created", found "pushed"']],
  [inSelect('same: build'), ['4:21: policies.a.select.same: expected "major" or "minor" or "patch", found "build"']],
  [inSelect('like: 1.2.3'), ['4:21: policies.a.select.like: expected "current", found "1.2.3"']],
  [inSelect('digest: a/b'), ['4:23: policies.a.select.digest: expected a tag such as "latest", found "a/b"']],
  [
    inSelect(`digest: sha256-${'0'.repeat(64)}.sig`),
    [`4:23: policies.a.select.digest: expected a tag such as "latest", found "sha256-${'0'.repeat(64)}.sig"`],
  ],
  [
    inPolicy('tags: { include: a }\n    digest: none', '{ digest: v1 }'),
    [
      '5:11: policies.a.tags: means nothing where "select" names the tag',
      '6:13: policies.a.digest: expected "refresh" where "select" follows a digest, found "none"',
    ],
  ],
  [inPolicy('digest: follow'), ['5:13: policies.a.digest: expected "none" or "pin" or "refresh", found "follow"']],
  [inPolicy('fallback: often'), ['5:15: policies.a.fallback: expected true or false, found "often"']],

  // What is required.
  [inRequire('minimum: 1h'), ['5:16: policies.a.require.minimum: unknown key']],
  [inRequire('minimumAg: 1h'), ['5:16: policies.a.require.minimumAg: unknown key, did you mean "minimumAge"?']],
  [
    inRequire('minimumAge: 1 day'),
    ['5:28: policies.a.require.minimumAge: expected a duration such as "24h", found "1 day"'],
  ],
  [
    inRequire('minimumAge: 3651d'),
    ['5:28: policies.a.require.minimumAge: expected a duration of 3650d at most, found "3651d"'],
  ],
  [inRequire('ageFrom: registry'), ['5:25: policies.a.require.ageFrom: means nothing without "minimumAge"']],
  [
    inRequire('minimumAge: 1h, ageFrom: push'),
    ['5:41: policies.a.require.ageFrom: expected "firstSeen" or "registry", found "push"'],
  ],
  [
    inRequire('platforms: linux/amd64'),
    ['5:27: policies.a.require.platforms: expected a list of platforms, found a text'],
  ],
  [inRequire('platforms: []'), ['5:27: policies.a.require.platforms: expected at least one platform, found a list']],
  [
    inRequire('platforms: [linux/amd64, arm64]'),
    ['5:41: policies.a.require.platforms[1]: expected a platform such as "linux/arm64", found "arm64"'],
  ],

  // Signatures.
  [inRequire('signature: {}'), ['5:27: policies.a.require.signature: needs either "cosign", or "keyless"']],
  [
    inRequire('signature: { cosign: a.pub, keyless: { issuer: "https://a", identity: b } }'),
    [
      '5:27: policies.a.require.signature: needs either "cosign", or "keyless"',
      '5:37: policies.a.require.signature.cosign: cannot read a public key from "a.pub": it does not exist',
    ],
  ],
  [
    inRequire('signature: { cosign: "~/a.pub" }'),
    [`5:37: policies.a.require.signature.cosign: "~" is not expanded, use "\${HOME}"`],
  ],
  [
    inRequire('signature: { cosign: "k8s://acme/key" }'),
    [
      '5:37: policies.a.require.signature.cosign: a URL cannot stand here: expected the path of a file with the public key',
    ],
  ],
  [
    inRequire('signature: { cosign: "-----BEGIN hunter2" }'),
    [
      '5:37: policies.a.require.signature.cosign: the key itself cannot stand here: expected the path of a file that has it',
    ],
  ],
  [
    inRequire('signature: { cosign: . }'),
    ['5:37: policies.a.require.signature.cosign: cannot read a public key from ".": it is not a file'],
  ],
  [
    inKeyless('identity: a'),
    [
      '5:38: policies.a.require.signature.keyless.issuer: missing, expected a URL such as "https://token.actions.githubusercontent.com"',
    ],
  ],
  [
    inKeyless('issuer: accounts.google.com, identity: ""'),
    [
      '5:48: policies.a.require.signature.keyless.issuer: expected a URL such as "https://token.actions.githubusercontent.com", found "accounts.google.com"',
      '5:79: policies.a.require.signature.keyless.identity: expected a text that is not empty, found an empty text',
    ],
  ],
  [
    inKeyless('issuer: "https://a"'),
    ['5:38: policies.a.require.signature.keyless: needs either "identity", or "identityPattern"'],
  ],
  [
    inKeyless('issuer: "https://a", identityPattern: "a)|(b"'),
    ['5:78: policies.a.require.signature.keyless.identityPattern: cannot parse pattern "a)|(b": unexpected ): `a)|(b`'],
  ],
  [
    inKeyless('issuer: "https://a", identityPattern: ""'),
    [
      '5:78: policies.a.require.signature.keyless.identityPattern: expected a regular expression in RE2 syntax, found an empty text',
    ],
  ],
  [
    inKeyless('issuer: "https://a", identityPattern: "(${WORD}"'),
    [
      '5:78: policies.a.require.signature.keyless.identityPattern: expected a regular expression in RE2 syntax, found something else in "(${WORD}"',
    ],
  ],

  // Windows.
  [
    inPolicy('window: { allow: Mon-Fry }'),
    ['5:22: policies.a.window.allow: cannot parse window "Mon-Fry": "Fry" is no day such as "Mon" or "Monday"'],
  ],
  [
    inPolicy('window: { allow: [Mon, 25:00-26:00], freeze: [2026-02-31] }'),
    [
      '5:28: policies.a.window.allow[1]: cannot parse window "25:00-26:00": "25:00" is no time from "00:00" to "24:00"',
      '5:51: policies.a.window.freeze[0]: cannot parse freeze "2026-02-31": "2026-02-31" is no day or time that there is, such as "2026-12-24" or "2026-12-24T18:00"',
    ],
  ],
  [inPolicy('window: { allow: [] }'), ['5:22: policies.a.window.allow: expected at least one window, found a list']],
  [
    inPolicy('window: { allow: [Mon, 7], freeze: 2026-12-24 }'),
    [
      '5:22: policies.a.window.allow: expected a window or a list of windows, found a list',
      '5:40: policies.a.window.freeze: expected a list of freezes, found a text',
    ],
  ],
  [
    inPolicy('window: { freeze: [3] }'),
    ['5:24: policies.a.window.freeze[0]: expected a freeze such as "2026-12-24/2027-01-02", found 3, put it in quotes'],
  ],
  [
    inPolicy(`window: { freeze: [${Array.from({ length: 101 }, () => '2026-12-24').join(', ')}] }`),
    ['5:23: policies.a.window.freeze: cannot parse freezes: there are more than 100'],
  ],
  [
    inPolicy('window: { allow: "${WORD}", timezone: Mars }'),
    [
      '5:22: policies.a.window.allow: expected a window such as "Mon-Fri 09:00-17:00", found something else in "${WORD}"',
      '5:43: policies.a.window.timezone: expected a time zone such as "Europe/Paris", found "Mars"',
    ],
  ],

  // Holds.
  [inPolicy('holds: { tag: a }'), ['5:12: policies.a.holds: expected a list of holds, found a map']],
  [
    inHold('tag: 6.10'),
    [
      '5:13: policies.a.holds[0].reason: missing, expected a line of up to 200 characters',
      '5:20: policies.a.holds[0].tag: expected a tag such as "6.9.0", found 6.1, put it in quotes',
    ],
  ],
  [
    inHold('tag: 6.9.0, reason: "two\\nlines", until: 2026-13-01'),
    [
      '5:35: policies.a.holds[0].reason: expected a line of up to 200 characters, found "two\\nlines"',
      `5:56: policies.a.holds[0].until: ${HOLD_UNTIL}, found "2026-13-01"`,
    ],
  ],

  // Promotion.
  [inPolicy('after: b'), ['5:12: policies.a.after: expected a map, found a text']],
  [
    inPolicy('after: { soak: 1h30 }'),
    [
      '5:12: policies.a.after.policy: missing, expected the name of a policy',
      '5:20: policies.a.after.soak: expected a duration such as "24h", found "1h30"',
    ],
  ],
]

for (const [text, expected] of FAULTS) {
  test(`refuses ${JSON.stringify(text)}`, async () => {
    const faults = await faultsOf(text, { WORD: 'hunter2' })
    assert.deepEqual(faults, expected)
    assert.doesNotMatch(faults.join('\n'), /hunter2/)
  })
}

/** Policies in a line each, from line 3 on: what each goes after, and whether it writes. */
function policiesAfter(entries: Readonly<Record<string, { after?: string; write?: boolean }>>): string {
  const lines = Object.entries(entries).map(([name, { after, write = true }]) => {
    const fields = ['image: alpine', "select: { semver: '*' }", `write: [${write ? '{ git: g }' : ''}]`]
    return `  ${name}: { ${[...(after === undefined ? [] : [`after: { policy: ${after} }`]), ...fields].join(', ')} }`
  })
  return `git: { g: { url: /a } }\npolicies:\n${lines.join('\n')}\n`
}

const AFTER: readonly [Parameters<typeof policiesAfter>[0], readonly string[]][] = [
  [{ a: {}, b: { after: 'a' }, c: { after: 'b' }, d: { after: 'b' } }, []],
  [
    { staging: {}, b: { after: 'stagin' } },
    ['4:25: policies.b.after.policy: no entry of "policies" has the name "stagin", did you mean "staging"?'],
  ],
  [
    { b: { after: 'constructor' } },
    ['3:25: policies.b.after.policy: no entry of "policies" has the name "constructor"'],
  ],
  [
    { a: { write: false }, b: { after: 'a' } },
    ['4:25: policies.b.after.policy: the policy "a" has no "write", so it never has a tag in Git'],
  ],
  [{ a: { after: 'a' } }, ['3:25: policies.a.after.policy: a policy cannot go after itself']],
  [
    {
      a: { after: 'b' },
      b: { after: 'c' },
      c: { after: 'd' },
      d: { after: 'b' },
      e: { after: 'c' },
      f: { after: 'f' },
    },
    [
      '4:25: policies.b.after.policy: goes round in a circle: "b" after "c" after "d" after "b"',
      '8:25: policies.f.after.policy: a policy cannot go after itself',
    ],
  ],
]

for (const [entries, expected] of AFTER) {
  test(`judges which policy goes first in ${JSON.stringify(entries)}`, async () => {
    const text = policiesAfter(entries)
    if (expected.length > 0) assert.deepEqual(await faultsOf(text), expected)
    else assert.equal((await load(text)).policies.length, Object.keys(entries).length)
  })
}

test('a name that comes from outside of the file is not shown', async () => {
  const text = policiesAfter({ a: { after: '"${WORD}"' } })
  assert.deepEqual(await faultsOf(text, { WORD: 'hunter2' }), [
    '3:25: policies.a.after.policy: no entry of "policies" has the name "${WORD}"',
  ])
  assert.deepEqual(await faultsOf(text), ['3:25: policies.a.after.policy: the environment variable WORD is not set'])
})

test('a long line of policies is followed once', async () => {
  const entries = Array.from({ length: 3_000 }, (_, index) => [`p${index}`, { after: `p${(index + 1) % 3_000}` }])
  const faults = await faultsOf(policiesAfter(Object.fromEntries(entries)))
  assert.equal(faults.length, 1)
})
