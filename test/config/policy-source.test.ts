import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { namedFiles, type PolicySource } from '../../src/config/policy-source.js'
import { refusal, withFiles } from './files.js'

const COMMIT = '1a2b3c4d5e6f'.padEnd(40, '0')

const LOCAL = `
git:
  rules: { url: /srv/rules.git, branch: next }
policies:
  here: { image: ghcr.io/a/a, select: { semver: '*' } }
policiesFrom: { git: rules, path: policies }
`

function source(files: Readonly<Record<string, string>>, more: Partial<PolicySource> = {}): PolicySource {
  const policyFiles = Object.keys(files).filter((name) => name.endsWith('.yaml'))
  return { git: 'rules', branch: 'next', path: 'policies', commit: COMMIT, policyFiles, files, ...more }
}

const loaded = (sources: readonly PolicySource[], text = LOCAL) =>
  withFiles({ 'tidemark.yaml': text }, (folder) =>
    loadConfiguration([join(folder, 'tidemark.yaml')], { env: { HOME: '/root' }, sources }),
  )

const faults = (sources: readonly PolicySource[], text = LOCAL) =>
  withFiles({ 'tidemark.yaml': text }, async (folder) => {
    const loading = loadConfiguration([join(folder, 'tidemark.yaml')], { env: { HOME: '/root' }, sources })
    return (await refusal(loading, folder)).lines
  })

const POLICY = "image: ghcr.io/a/b\n    select: { semver: '*' }\n"
const policies = (more = '') => `policies:\n  there:\n    ${POLICY}${more}`

describe('policies from Git', () => {
  it('join those of the policy file', async () => {
    const { policies: all, policiesFrom } = await loaded([source({ 'policies/a.yaml': policies() })])
    assert.deepEqual(
      all.map(({ name }) => name),
      ['here', 'there'],
    )
    assert.deepEqual(policiesFrom, [{ git: 'rules', branch: 'next', path: 'policies' }])
  })

  it('count where the policy file names them, alone or in a list', async () => {
    const strangers = [{ git: 'other' }, { branch: 'main' }, { path: 'elsewhere' }]
    for (const more of strangers) {
      const { policies: all } = await loaded([source({ 'policies/a.yaml': policies() }, more)])
      assert.equal(all.length, 1)
    }
    const list = LOCAL.replace('{ git: rules, path: policies }', '[{ git: rules, branch: next, path: policies }]')
    assert.equal((await loaded([source({ 'policies/a.yaml': policies() })], list)).policies.length, 2)
  })

  it('may go after each other, and are not missed while they are not known', async () => {
    const after = `${LOCAL}`.replace("select: { semver: '*' }", "select: { semver: '*' }, after: { policy: there }")
    const { policies: all, warnings } = await loaded([], after)
    assert.deepEqual([all.length, warnings], [1, []])
    const [line = ''] = await faults([source({ 'policies/a.yaml': policies() })], after)
    assert.match(line, /the policy "there" has no "write"/)
  })

  it('are verified by keys of the same commit', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
    const signed = policies('    digest: pin\n    require: { signature: { cosign: ../keys/cosign.pub } }\n')
    const { policies: all } = await loaded([source({ 'policies/a.yaml': signed, 'keys/cosign.pub': pem })])
    assert.deepEqual(all[1]?.signature, { cosign: { pem, file: '../keys/cosign.pub' } })
    assert.deepEqual(await faults([source({ 'policies/a.yaml': signed })]), [
      'rules@1a2b3c4d5e6f/policies/a.yaml:6:37: policies.there.require.signature.cosign: cannot read a public key from "../keys/cosign.pub": the commit has no such file, or it is too large',
    ])
  })

  const signature = (form: string) => policies(`    require: { signature: ${form} }\n`)
  const wrong: readonly (readonly [what: string, text: string, ...expected: string[]])[] = [
    [
      'other sections',
      `git: {}\n${policies()}`,
      '1:1: git: only "policies" may stand in a file that "policiesFrom" names',
    ],
    ['further sources', `policiesFrom: []\n${policies()}`, '1:1: policiesFrom: only "policies" may stand'],
    [
      'interpolation',
      policies().replace("'*'", `"\${HOME}"`),
      '4:23: policies.there.select.semver: "${" is not filled in',
    ],
    ['a key of the machine', signature('{ cosign: /etc/key.pub }'), 'cosign: the path leads out of the repository'],
    ['a key outside', signature('{ cosign: ../../key.pub }'), 'cosign: the path leads out of the repository'],
    [
      'a trusted root',
      signature('{ keyless: { issuer: https://a.example, identity: b, trustedRoot: /etc/passwd } }'),
      'trustedRoot: a policy from Git cannot name a file of this machine',
    ],
    [
      'a name that is taken',
      policies().replace('there', 'here'),
      '2:3: policies.here: given twice, first at tidemark.yaml:5:3',
    ],
    [
      'an unknown repository',
      policies('    write: [{ git: fleet }]\n'),
      'write[0].git: no entry of "git" has the name "fleet"',
    ],
    ['what is not YAML', 'policies: [', 'not valid YAML'],
  ]
  for (const [what, text, ...expected] of wrong) {
    it(`are refused with ${what}, and told with their commit`, async () => {
      const lines = await faults([source({ 'policies/a.yaml': text })])
      assert.ok(
        lines.every((line) => line.startsWith('rules@1a2b3c4d5e6f/policies/a.yaml:')),
        lines.join('\n'),
      )
      for (const part of expected) assert.ok(lines.join('\n').includes(part), lines.join('\n'))
    })
  }

  it('tell nothing of files of this machine', async () => {
    const login = 'url: ssh://git@git.example.com/a, credentials: { sshKey: /nowhere/id, knownHosts: /nowhere/hosts }'
    for (const text of [
      `git: { other: { ${login} } }\n${policies()}`,
      signature('{ cosign: /nowhere/key.pub }'),
      signature('{ cosign: ../../../nowhere/key.pub }'),
    ]) {
      const lines = await faults([source({ 'policies/a.yaml': text })])
      assert.equal(lines.length, 1, lines.join('\n'))
      assert.doesNotMatch(lines.join('\n'), /cannot read|does not exist/)
    }
  })

  it('may have patterns that look like interpolations', async () => {
    const text = policies(`    tags: { include: '^a\${1}$' }\n`)
    await assert.doesNotReject(loaded([source({ 'policies/a.yaml': text })]))
  })

  it('are of a repository of the policy file, at a path in it', async () => {
    const entries: readonly (readonly [string, string])[] = [
      ['{ git: rulez, path: a }', 'policiesFrom[0].git: no entry of "git" has the name "rulez", did you mean "rules"?'],
      ['{ git: rules, path: ../a }', 'policiesFrom[0].path: expected a path from the root of the repository'],
      ['{ git: rules, path: /a }', 'policiesFrom[0].path: expected a path from the root of the repository'],
      ['{ git: rules }', 'policiesFrom[0].path: missing'],
      ['{ git: rules, path: a, url: b }', 'policiesFrom[0].url: unknown key'],
      ['rules', 'policiesFrom: expected a map of "git" and "path", or a list of such'],
    ]
    for (const [entry, expected] of entries) {
      const lines = await faults([], LOCAL.replace('{ git: rules, path: policies }', entry))
      assert.ok(lines.join('\n').includes(expected), lines.join('\n'))
    }
  })

  it('name their keys', () => {
    const text = signature('{ cosign: keys/a.pub }')
    assert.deepEqual(namedFiles('policies/a.yaml', text), ['policies/keys/a.pub'])
    assert.deepEqual(namedFiles('a.yaml', signature('{ cosign: ../a.pub }')), [])
    assert.deepEqual(namedFiles('a.yaml', signature('{ cosign: /a.pub }')), [])
    assert.deepEqual(namedFiles('a.yaml', policies()), [])
  })

  it('are checked alone, where no Git repository is known', () =>
    withFiles(
      { 'a.yaml': policies('    write: [{ git: fleet }]\n'), 'b.yaml': 'policies: {}\nstate: b\n' },
      async (folder) => {
        const options = { env: {}, onlyPolicies: true }
        const { warnings } = await loadConfiguration([join(folder, 'a.yaml')], options)
        assert.deepEqual(warnings, [])
        const { lines } = await refusal(loadConfiguration([join(folder, 'b.yaml')], options), folder)
        assert.deepEqual(lines, ['b.yaml:2:1: state: only "policies" may stand in a file that "policiesFrom" names'])
      },
    ))
})
