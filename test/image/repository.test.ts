import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ImageError } from '../../src/image/errors.js'
import { parseRepository, repositoryKey, tryParseRepository } from '../../src/image/repository.js'

const LONG_PATH = 'a'.repeat(255)
const LONG_HUB_NAME = 'a'.repeat(247)

describe('parseRepository', () => {
  const cases: readonly [name: string, registry: string, path: string][] = [
    ['nginx', 'docker.io', 'library/nginx'],
    ['library/busybox', 'docker.io', 'library/busybox'],
    ['docker.io/busybox', 'docker.io', 'library/busybox'],
    ['docker.io/library/busybox', 'docker.io', 'library/busybox'],
    ['index.docker.io/busybox', 'docker.io', 'library/busybox'],
    ['index.docker.io/library/busybox', 'docker.io', 'library/busybox'],
    ['registry-1.docker.io/busybox', 'docker.io', 'library/busybox'],
    ['registry-1.docker.io/library/busybox', 'docker.io', 'library/busybox'],
    ['Docker.IO/busybox', 'docker.io', 'library/busybox'],
    ['example/repo', 'docker.io', 'example/repo'],
    ['docker.io/example/repo', 'docker.io', 'example/repo'],
    ['index.docker.io/example/repo', 'docker.io', 'example/repo'],
    ['bitnami/nginx', 'docker.io', 'bitnami/nginx'],
    ['team/sub/app', 'docker.io', 'team/sub/app'],
    ['ghcr.io/example/repo', 'ghcr.io', 'example/repo'],
    ['quay.io/org/repo', 'quay.io', 'org/repo'],
    ['registry.example.com/image', 'registry.example.com', 'image'],
    ['harbor.example.com/library/test-image', 'harbor.example.com', 'library/test-image'],
    ['Registry.Example.COM:5000/app', 'registry.example.com:5000', 'app'],
    ['registry:5000/classic-web', 'registry:5000', 'classic-web'],
    ['localhost', 'docker.io', 'library/localhost'],
    ['localhost/app', 'localhost', 'app'],
    ['localhost.localdomain/foo/bar', 'localhost.localdomain', 'foo/bar'],
    ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app'],
    ['[::1]:5000/app', '[::1]:5000', 'app'],
    ['[2001:DB8::1]/app', '[2001:db8::1]', 'app'],
    ['Foo/app', 'Foo', 'app'],
    ['LOCALHOST/app', 'localhost', 'app'],
    ['a__b', 'docker.io', 'library/a__b'],
    ['a---b', 'docker.io', 'library/a---b'],
    ['a.b_c-d', 'docker.io', 'library/a.b_c-d'],
    [LONG_HUB_NAME, 'docker.io', `library/${LONG_HUB_NAME}`],
    [`ghcr.io/${LONG_PATH}`, 'ghcr.io', LONG_PATH],
    [`ghcr.io/${'a'.repeat(64)}`, 'ghcr.io', 'a'.repeat(64)],
  ]
  for (const [name, registry, path] of cases) {
    it(`reads ${name.slice(0, 40)}`, () => assert.deepEqual(parseRepository(name), { registry, path }))
  }

  const invalid = [
    ...'/ a/ /a a//b a___b a..b a/-b a- -a .a a._b A A/b/C ghcr.io/Org/app é classic=registry:5000/web'.split(' '),
    ...'https://ghcr.io/a ghcr.io/ host:/app host:port/app host:123456/app user@host.io/app my_host:5000/a'.split(' '),
    ...'-a.io/b a-.io/b a..io/b a.io./b ::1/app [::1/app [::g]/app []/app'.split(' '),
    ...['', 'invalid url', 'a\nb', 'a\n', 'a'.repeat(64), '0123456789abcdef'.repeat(4)],
    ...['a'.repeat(248), `ghcr.io/${'a'.repeat(256)}`, `${'a.'.repeat(127)}com/app`],
  ]
  for (const name of invalid) {
    it(`refuses ${JSON.stringify(name.slice(0, 40))}`, () => {
      assert.equal(tryParseRepository(name), undefined)
      assert.throws(
        () => parseRepository(name),
        (error) => error instanceof ImageError && error.code === 'INVALID_REPOSITORY' && !error.retryable,
      )
    })
  }

  it('names the text in its error, cut to a bearable length', () => {
    assert.throws(() => parseRepository('A'), { message: 'Cannot parse "A": not a repository name' })
    assert.throws(
      () => parseRepository('A'.repeat(10_000)),
      (error: Error) => error.message.length < 300,
    )
  })

  it('throws for no text when only tried', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void tryParseRepository(text)))
  })
})

describe('repositoryKey', () => {
  it('is read back as the same repository', () => {
    const host = fc.stringMatching(/^[a-cA-C.:1[\]-]{0,8}$/)
    const path = fc.stringMatching(/^[a-c/._-]{1,8}$/)
    const name = fc.oneof(
      path,
      fc.tuple(host, path).map((parts) => parts.join('/')),
      fc.constantFrom('Foo/app', 'nginx'),
    )
    fc.assert(
      fc.property(name, (text) => {
        const repository = tryParseRepository(text)
        if (repository !== undefined) assert.deepEqual(parseRepository(repositoryKey(repository)), repository)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is one text for every spelling', () => {
    const keys = ['nginx', 'docker.io/nginx', 'index.docker.io/library/nginx'].map((name) =>
      repositoryKey(parseRepository(name)),
    )
    assert.deepEqual([...new Set(keys)], ['docker.io/library/nginx'])
  })
})
