import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absoluteGitUrl, gitUrlComplaint } from '../../src/config/git-url.js'

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
]

for (const url of ACCEPTED) {
  test(`Git URL ${JSON.stringify(url)} is accepted`, () => {
    assert.equal(gitUrlComplaint(url), undefined)
  })
}

const SSH = 'SSH is not supported yet, use https://'
const OTHER = 'expected an https://, http:// or file:// URL, or a path'
const USERINFO = 'the URL has a user name or password, use "credentials"'

const REFUSED: readonly [string, string][] = [
  ['ssh://git@git.example.com/fleet.git', SSH],
  ['SSH://git.example.com/fleet.git', SSH],
  ['git@git.example.com:acme/fleet.git', SSH],
  ['git.example.com:acme/fleet.git', SSH],
  ['https://bot:hunter2@git.example.com/fleet.git', USERINFO],
  ['https://bot@git.example.com/fleet.git', USERINFO],
  ['https://git.example.com/fleet.git?private_token=hunter2', 'the URL has a query or fragment'],
  ['https://git.example.com/fleet.git#main', 'the URL has a query or fragment'],
  ['git://git.example.com/fleet.git', OTHER],
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

test('a relative path starts at the folder of the file', () => {
  assert.equal(absoluteGitUrl('../fleet.git', '/etc/tidemark'), '/etc/fleet.git')
  assert.equal(absoluteGitUrl('/srv/fleet.git', '/etc/tidemark'), '/srv/fleet.git')
  assert.equal(absoluteGitUrl('https://git.example.com/fleet.git', '/etc'), 'https://git.example.com/fleet.git')
  assert.equal(absoluteGitUrl('file:///srv/fleet.git', '/etc'), 'file:///srv/fleet.git')
})
