import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { parseChallenges } from '../../../src/watchers/registry/challenge.js'

type Expected = readonly [scheme: string, parameters: Readonly<Record<string, string>>][]

const CASES: readonly [header: string, expected: Expected][] = [
  ['', []],
  ['Basic realm="basic-realm"', [['basic', { realm: 'basic-realm' }]]],
  [
    'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:team/app:pull,push"',
    [
      [
        'bearer',
        {
          realm: 'https://auth.example.com/token',
          service: 'registry.example.com',
          scope: 'repository:team/app:pull,push',
        },
      ],
    ],
  ],
  [
    'bEaReR REALM=token , Service = "a \\"quoted\\" \\\\ name"',
    [['bearer', { realm: 'token', service: 'a "quoted" \\ name' }]],
  ],
  // Gitea: two in one header, the second right behind the first's last parameter.
  [
    'Bearer realm="https://git.example.com/v2/token",scope="*",Basic realm="https://git.example.com"',
    [
      ['bearer', { realm: 'https://git.example.com/v2/token', scope: '*' }],
      ['basic', { realm: 'https://git.example.com' }],
    ],
  ],
  [
    'Negotiate, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['Bearer realm="first", realm="second"', [['bearer', { realm: 'first' }]]],
  [
    '=, "lost" Basic realm="x',
    [
      ['lost', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['Basic realm="ends in a backslash\\', [['basic', { realm: 'ends in a backslash' }]]],
]

for (const [header, expected] of CASES) {
  it(`reads ${header}`, () => {
    const read = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
    assert.deepEqual(read, expected)
  })
}

it('finds a challenge behind one of a form that has no parameters', () => {
  const challenges = parseChallenges('Negotiate YII/abc+def==, Bearer realm="x"')
  assert.equal(challenges.at(-1)?.parameters.get('realm'), 'x')
})

it('ends for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', '\\', ',', '=', ' ', 'a') }), (text) => {
      assert.ok(parseChallenges(text).length <= text.length)
    }),
  )
})
