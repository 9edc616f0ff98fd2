import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysOf, parseKnownHosts } from '../../../../src/updaters/git/transports/known-hosts.js'

const HASHED = '|1|fyqfohXZRa33yJahES99Q4Fc1zk=|c/mMy7fwhyTofONN10J99KJpG04='
const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIKCMkqYJNFBJ1w6xaK8WKYdL9Sq8X1gLqFUVGcZ8m7rZ'

function found(text: string, host: string, port = 22): string[] {
  return keysOf([{ path: 'known_hosts', hosts: parseKnownHosts(text) }], host, port).map(
    ({ marker, line }) => `${marker ?? 'key'} ${line}`,
  )
}

test('a line is about the hosts that its patterns name', () => {
  const cases: [names: string, host: string, port: number, matches: boolean][] = [
    ['example.com', 'example.com', 22, true],
    ['Example.COM', 'example.com', 22, true],
    ['example.com', 'git.example.com', 22, false],
    ['example.com', 'example.com.evil.net', 22, false],
    ['192.0.2.1,example.com', 'example.com', 22, true],
    ['*.example.com', 'git.example.com', 22, true],
    ['*.example.com', 'example.com', 22, false],
    ['*.example.com', 'example.com.evil.net', 22, false],
    ['git?.example.com', 'git1.example.com', 22, true],
    ['git?.example.com', 'git12.example.com', 22, false],
    ['*', 'anything', 22, true],
    ['a*b*c', 'aXbYbZc', 22, true],
    ['*.example.com,!evil.example.com', 'evil.example.com', 22, false],
    ['!evil.example.com,*.example.com', 'evil.example.com', 22, false],
    ['*.example.com,!evil.example.com', 'git.example.com', 22, true],
    ['!evil.example.com', 'git.example.com', 22, false],
    ['[example.com]:2222', 'example.com', 2222, true],
    ['[example.com]:2222', 'example.com', 22, false],
    ['[example.com]:2222', 'example.com', 2223, false],
    ['[*.example.com]:2222', 'git.example.com', 2222, true],
    // OpenSSH takes a key of the host for one of its every port.
    ['example.com', 'example.com', 2222, true],
    ['2001:db8::1', '2001:db8::1', 22, true],
    // Made by `ssh-keygen -H` of "example.com" and "[example.com]:2222".
    [HASHED, 'example.com', 22, true],
    [HASHED, 'example.org', 22, false],
    ['|1|fJuI4M84whmy9glmEv+mSJKrWuU=|sxQccMd4EjfPfoIsDViBZUzR6dg=', 'example.com', 2222, true],
    [HASHED.replace('|1|', '|2|'), 'example.com', 22, false],
    [HASHED.slice(0, -29), 'example.com', 22, false],
  ]
  for (const [names, host, port, matches] of cases)
    assert.deepEqual(
      found(`${names} ssh-ed25519 ${KEY}`, host, port),
      matches ? ['key 1'] : [],
      `${names} ${host}:${port}`,
    )
})

test('what stands for its port comes before what stands for the host', () => {
  const text = `example.com ssh-rsa ${KEY}\n[example.com]:2222 ssh-ed25519 ${KEY}\n@revoked example.com ssh-rsa ${KEY}\n`
  assert.deepEqual(found(text, 'example.com', 2222), ['key 2', 'revoked 3'])
  assert.deepEqual(found(text, 'example.com', 2200), ['key 1', 'revoked 3'])
})

test('comments, markers and broken lines are told apart', () => {
  const text = [
    '# example.com ssh-ed25519 AAAA',
    '',
    `  example.com\tssh-ed25519\t${KEY} with a comment\r`,
    'example.com ssh-ed25519',
    'example.com',
    `@revoked example.com ssh-ed25519 ${KEY}`,
    `@cert-authority *.com ssh-ed25519 ${KEY}`,
    `@unknown example.com ssh-ed25519 ${KEY}`,
  ].join('\n')
  assert.deepEqual(found(text, 'example.com'), ['key 3', 'revoked 6', 'cert-authority 7'])
})

test('a pattern of many stars takes no longer than any other', () => {
  const start = process.cpuUsage().user
  assert.deepEqual(found(`${'*a'.repeat(2_000)}b ssh-ed25519 ${KEY}`, 'a'.repeat(2_000)), [])
  assert.ok(process.cpuUsage().user - start < 1_000_000)
})
