import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../../../src/lifecycle/clock.js'
import { openTransport } from '../../../../src/updaters/git/transports/open.js'
import { gitError } from '../scene.js'

const open = (url: string) => openTransport(url, { clock: systemClock })

test('a URL or a path chooses the transport, and is shown without secrets', () => {
  const cases: [string, string, string][] = [
    ['https://git.example.com/acme/fleet.git', 'https://git.example.com/acme/fleet.git', ''],
    ['http://bot:s3cret@127.0.0.1:8080/fleet.git/?private_token=x#y', 'http://127.0.0.1:8080/fleet.git', ''],
    ['HTTPS://Git.Example.com:443/a%20b', 'https://git.example.com/a%20b', ''],
    ['file:///srv/a%20b.git', '/srv/a b.git', 'http://local.invalid'],
    ['/srv/fleet.git', '/srv/fleet.git', 'http://local.invalid'],
    ['ssh://git@Git.Example.com/acme/fleet.git', 'ssh://git.example.com/acme/fleet.git', 'http://ssh.invalid'],
    ['git@git.example.com:acme/fleet.git', 'git.example.com:acme/fleet.git', 'http://ssh.invalid'],
    ['./fleet:1.git', resolve('fleet:1.git'), 'http://local.invalid'],
  ]
  for (const [url, name, base] of cases) {
    const transport = open(url)
    assert.equal(transport.name, name)
    assert.equal(transport.base, base || name)
  }
})

test('any other URL is refused without being quoted', () => {
  for (const url of [
    'ssh://git:s3cret@example.com/a',
    'git:s3cret@example.com:a/b.git',
    'git://example.com/a',
    'ext::sh -c id',
    'https://',
    'file://host/a',
    'http://u:s3cret@[x/',
  ])
    assert.throws(
      () => open(url),
      (error: Error) => gitError('UNSUPPORTED', false, /^Cannot open /)(error) && !error.message.includes('s3cret'),
      url,
    )
})
