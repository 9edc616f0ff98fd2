import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commitLink } from '../../src/status/forge-links.js'

const OID = 'a'.repeat(40)

describe('the link to a commit', () => {
  const links: readonly (readonly [string, string])[] = [
    ['https://github.com/acme/fleet.git', 'https://github.com/acme/fleet/commit/'],
    ['https://github.com/acme/fleet/', 'https://github.com/acme/fleet/commit/'],
    ['git@github.com:acme/fleet.git', 'https://github.com/acme/fleet/commit/'],
    ['ssh://git@github.com:22/acme/fleet.git', 'https://github.com/acme/fleet/commit/'],
    ['https://bot@acme.ghe.com/acme/fleet', 'https://acme.ghe.com/acme/fleet/commit/'],
    ['https://gitlab.com/acme/deep/er/fleet.git', 'https://gitlab.com/acme/deep/er/fleet/-/commit/'],
    ['http://gitlab.example.com:8080/acme/fleet.git', 'http://gitlab.example.com:8080/acme/fleet/-/commit/'],
    ['ssh://git@gitlab.example.com:2222/acme/fleet.git', 'https://gitlab.example.com/acme/fleet/-/commit/'],
    ['https://codeberg.org/acme/fleet', 'https://codeberg.org/acme/fleet/commit/'],
    ['gitea@gitea.example.com:acme/fleet', 'https://gitea.example.com/acme/fleet/commit/'],
    ['https://forgejo.example.com/acme/fleet.git', 'https://forgejo.example.com/acme/fleet/commit/'],
    ['git@bitbucket.org:acme/fleet.git', 'https://bitbucket.org/acme/fleet/commits/'],
    [
      'https://acme@dev.azure.com/acme/Our%20Shop/_git/fleet',
      'https://dev.azure.com/acme/Our%20Shop/_git/fleet/commit/',
    ],
    ['git@ssh.dev.azure.com:v3/acme/shop/fleet', 'https://dev.azure.com/acme/shop/_git/fleet/commit/'],
  ]
  for (const [url, link] of links) {
    it(`of ${url} is known`, () => assert.equal(commitLink(url, OID), link + OID))
  }

  const none = [
    'https://git.example.com/acme/fleet.git',
    'https://notgithub.com/acme/fleet.git',
    'https://example.com/github.com/fleet',
    'https://github.com/',
    'git@ssh.dev.azure.com:v3/acme/fleet',
    'file:///srv/github.com/fleet',
    '/srv/git/fleet',
    '',
  ]
  for (const url of none) {
    it(`of "${url}" is not`, () => assert.equal(commitLink(url, OID), undefined))
  }

  it('never has a credential', () => {
    assert.equal(
      commitLink('https://bot:s3cret@github.com/acme/fleet.git', OID),
      `https://github.com/acme/fleet/commit/${OID}`,
    )
  })
})
