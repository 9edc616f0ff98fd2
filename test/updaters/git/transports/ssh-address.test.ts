import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryParseSshAddress } from '../../../../src/updaters/git/transports/ssh-address.js'
import { gitError } from '../scene.js'

test('a URL or host:path says where to log in and which path to ask for', () => {
  const cases: [url: string, user: string, host: string, port: number, path: string, name: string][] = [
    ['ssh://example.com/a/b.git', 'git', 'example.com', 22, '/a/b.git', 'ssh://example.com/a/b.git'],
    ['ssh://bot@Example.com:2222/a', 'bot', 'example.com', 2222, '/a', 'ssh://example.com:2222/a'],
    ['git+ssh://example.com:/a', 'git', 'example.com', 22, '/a', 'ssh://example.com/a'],
    ['SSH+GIT://example.com/a', 'git', 'example.com', 22, '/a', 'ssh://example.com/a'],
    ['ssh://[2001:DB8::1]:22/a', 'git', '2001:db8::1', 22, '/a', 'ssh://[2001:db8::1]/a'],
    ['ssh://a%40b@example.com/%7Eme/c%20d', 'a@b', 'example.com', 22, '~me/c d', 'ssh://a@b@example.com/~me/c d'],
    ['ssh://git@example.com/~/a', 'git', 'example.com', 22, '~/a', 'ssh://example.com/~/a'],
    ['ssh://example.com/100%', 'git', 'example.com', 22, '/100%', 'ssh://example.com/100%'],
    ['git@example.com:acme/fleet.git', 'git', 'example.com', 22, 'acme/fleet.git', 'example.com:acme/fleet.git'],
    ['example.com:/srv/a%20b', 'git', 'example.com', 22, '/srv/a%20b', 'example.com:/srv/a%20b'],
    ['me@example.com:~/a', 'me', 'example.com', 22, '~/a', 'me@example.com:~/a'],
    ['me@example.com:/~you/a', 'me', 'example.com', 22, '~you/a', 'me@example.com:~you/a'],
    ['git@[::1]:a', 'git', '::1', 22, 'a', '[::1]:a'],
    ['git@example.com:2222/a', 'git', 'example.com', 22, '2222/a', 'example.com:2222/a'],
  ]
  for (const [url, user, host, port, path, name] of cases)
    assert.deepEqual(tryParseSshAddress(url), { user, host, port, path, name }, url)
})

test('what is neither is left to others', () => {
  for (const url of [
    'https://git@example.com/a',
    'file:///a:b',
    '/srv/a:b',
    './a:b',
    'fleet',
    'ext::sh -c id',
    '',
    'git://a/b',
  ])
    assert.equal(tryParseSshAddress(url), undefined, url)
})

test('what cannot be asked safely is refused without being quoted', () => {
  const cases: [url: string, reason: RegExp][] = [
    ['ssh://git:s3cret@example.com/a', /a password .* is not supported/],
    ['git:s3cret@example.com:a', /a password .* is not supported/],
    ['ssh://-oProxyCommand=s3cret/a', /names no host$/],
    ['-oProxyCommand=s3cret:a', /names no host$/],
    ['ssh:///a', /names no host$/],
    ['ssh://a s3cret/b', /names no host$/],
    ['ssh://@example.com/s3cret', /names no user$/],
    ['example.com:--upload-pack=s3cret', /begins with "-"$/],
    ['ssh://example.com/a%0as3cret', /control character$/],
    ['git@example.com:a\0s3cret', /control character$/],
    ['ssh://example.com:0/s3cret', /port that does not exist$/],
    ['ssh://example.com:65536/s3cret', /port that does not exist$/],
    ['ssh://example.com', /names no path$/],
    ['ssh://example.com/', /names no path$/],
    ['git@example.com:', /names no path$/],
  ]
  for (const [url, reason] of cases)
    assert.throws(
      () => tryParseSshAddress(url),
      (error: Error) => gitError('UNSUPPORTED', false, reason)(error) && !error.message.includes('s3cret'),
      url,
    )
})
