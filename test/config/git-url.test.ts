import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absoluteGitUrl, gitUrlComplaint, gitUrlKind } from '../../src/config/git-url.js'

const ACCEPTED = [
  'https://git.example.com/acme/fleet.git',
  'http://127.0.0.1:8080/fleet.git',
  'HTTPS://git.example.com/fleet',
  'file:///srv/git/fleet.git',
  '/srv/git/fleet.git',
  './fleet.git',
  '../fleet.git',
  'fleet.git',
  'a/b:c',
  'ssh://git@git.example.com/acme/fleet.git',
  'SSH://git.example.com:2222/fleet.git',
  'git+ssh://bot@git.example.com/~/fleet.git',
  'ssh+git://[::1]:22/fleet.git',
  'git@git.example.com:acme/fleet.git',
  'git.example.com:acme/fleet.git',
  'git@[::1]:~/fleet.git',
]

for (const url of ACCEPTED) {
  test(`Git URL ${JSON.stringify(url)} is accepted`, () => {
    assert.equal(gitUrlComplaint(url), undefined)
  })
}

const OTHER = 'expected an https://, http://, ssh:// or file:// URL, git@host:path, or a path'
const PASSWORD = 'the URL has a password: SSH logs in with "credentials"'
const BLANK = 'there is a blank before or after it'
const HYPHEN = 'neither the host nor the path begins with "-"'
const USERINFO = 'the URL has a user name or password, use "credentials"'

const REFUSED: readonly [string, string][] = [
  ['ssh://git:hunter2@git.example.com/fleet.git', PASSWORD],
  ['git:hunter2@git.example.com:fleet.git', PASSWORD],
  ['ssh://git@git.example.com', OTHER],
  ['ssh://git@git.example.com/', OTHER],
  ['ssh:///fleet.git', OTHER],
  ['ssh://git.example.com:0/fleet.git', OTHER],
  ['git@:fleet.git', OTHER],
  ['@git.example.com:fleet.git', OTHER],
  ['a host:fleet.git', OTHER],
  ['git@git.example.com:/', OTHER],
  ['bot@example.com@git.example.com:fleet.git', OTHER],
  ['git@git.example.com:', OTHER],
  ['ext::sh -c true', OTHER],
  ['ssh://git@git.example.com/fleet%0a.git', OTHER],
  [' https://git.example.com/fleet.git', BLANK],
  ['git@git.example.com:fleet.git ', BLANK],
  ['ssh://-oProxyCommand=x/fleet.git', HYPHEN],
  ['git@-oProxyCommand=x:fleet.git', HYPHEN],
  ['git@git.example.com:-fleet.git', HYPHEN],
  ['ssh://git@git.example.com/fleet.git?a', 'the URL has a query or fragment'],
  ['https://bot:hunter2@git.example.com/fleet.git', USERINFO],
  ['https://bot@git.example.com/fleet.git', USERINFO],
  ['https://git.example.com/fleet.git?private_token=hunter2', 'the URL has a query or fragment'],
  ['https://git.example.com/fleet.git#main', 'the URL has a query or fragment'],
  ['git://git.example.com/fleet.git', 'nothing proves who answers to git://, use https:// or ssh://'],
  ['https://', OTHER],
  ['https://bot:hunter2/x@git.example.com', OTHER],
  ['', OTHER],
  ['/srv/\nfleet.git', OTHER],
  ['~/fleet.git', `"~" is not expanded, use "\${HOME}"`],
  ['file://srv/fleet.git', 'a file URL has three slashes, such as "file:///srv/fleet.git"'],
]

for (const [url, complaint] of REFUSED) {
  test(`Git URL ${JSON.stringify(url)} is refused`, () => {
    assert.equal(gitUrlComplaint(url), complaint)
  })
}

const KINDS: readonly [string, string][] = [
  ['HTTPS://git.example.com/fleet', 'http'],
  ['http://127.0.0.1/fleet', 'http'],
  ['git+ssh://git.example.com/fleet', 'ssh'],
  ['git@git.example.com:fleet', 'ssh'],
  ['file:///srv/fleet.git', 'file'],
  ['../fleet.git', 'file'],
  ['a/b:c', 'file'],
]

for (const [url, kind] of KINDS) {
  test(`Git URL ${JSON.stringify(url)} is of the kind ${kind}`, () => assert.equal(gitUrlKind(url), kind))
}

test('a relative path starts at the folder of the file', () => {
  assert.equal(absoluteGitUrl('../fleet.git', '/etc/tidemark'), '/etc/fleet.git')
  assert.equal(absoluteGitUrl('/srv/fleet.git', '/etc/tidemark'), '/srv/fleet.git')
  assert.equal(absoluteGitUrl('https://git.example.com/fleet.git', '/etc'), 'https://git.example.com/fleet.git')
  assert.equal(absoluteGitUrl('file:///srv/fleet.git', '/etc'), 'file:///srv/fleet.git')
  assert.equal(absoluteGitUrl('git@git.example.com:fleet.git', '/etc'), 'git@git.example.com:fleet.git')
})
