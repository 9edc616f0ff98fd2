import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatReference, tryParseReference } from '../../src/image/reference.js'
import { repositoryKey } from '../../src/image/repository.js'

const DIGEST = `sha256:${'0a'.repeat(32)}`

describe('tryParseReference', () => {
  type Case = readonly [text: string, name: string, repository: string, tag?: string | undefined, digest?: string]
  const cases: readonly Case[] = [
    ['nginx', 'nginx', 'docker.io/library/nginx'],
    ['test-image', 'test-image', 'docker.io/library/test-image'],
    ['library/test-image', 'library/test-image', 'docker.io/library/test-image'],
    ['jannfis/test-image:0.1', 'jannfis/test-image', 'docker.io/jannfis/test-image', '0.1'],
    ['docker.io/jannfis/test-image:0.1', 'docker.io/jannfis/test-image', 'docker.io/jannfis/test-image', '0.1'],
    ['harbor.example.com/library/a:0.1', 'harbor.example.com/library/a', 'harbor.example.com/library/a', '0.1'],
    [`nginx:1.2@${DIGEST}`, 'nginx', 'docker.io/library/nginx', '1.2', DIGEST],
    [`ghcr.io/a/b@${DIGEST}`, 'ghcr.io/a/b', 'ghcr.io/a/b', undefined, DIGEST],
    [`gcr.io/a/b:latest-bookworm@${DIGEST}`, 'gcr.io/a/b', 'gcr.io/a/b', 'latest-bookworm', DIGEST],
    ['gcr.io:1234/jannfis/test-image:0.1', 'gcr.io:1234/jannfis/test-image', 'gcr.io:1234/jannfis/test-image', '0.1'],
    ['localhost:5000/app:1', 'localhost:5000/app', 'localhost:5000/app', '1'],
    ['localhost:5000/app', 'localhost:5000/app', 'localhost:5000/app'],
    ['localhost:5000', 'localhost', 'docker.io/library/localhost', '5000'],
    ['[::1]:5000/app:1', '[::1]:5000/app', '[::1]:5000/app', '1'],
    ['team/app:v0.0.824', 'team/app', 'docker.io/team/app', 'v0.0.824'],
    [`app:${'a'.repeat(128)}`, 'app', 'docker.io/library/app', 'a'.repeat(128)],
  ]
  for (const [text, name, repository, tag, digest] of cases) {
    it(`reads ${text.slice(0, 50)}`, () => {
      const reference = tryParseReference(text)
      assert.ok(reference)
      assert.deepEqual([reference.name, repositoryKey(reference.repository)], [name, repository])
      assert.deepEqual([reference.tag, reference.digest], [tag, digest])
      assert.equal(formatReference(reference), text)
    })
  }

  const invalid = [
    ...': @ :1 nginx: nginx@ nginx:1@ nginx:1:2 nginx:-x nginx:.x a___b:1 Nginx:1 ghcr.io/A/b:1 a/b:c/d [::1]'.split(
      ' ',
    ),
    ...'$IMAGE https://ghcr.io/a/b gcr.io/a/b@sha256:abcde classic-web=registry:5000/classic-web'.split(' '),
    ...['', 'nginx: 1', ' nginx', 'nginx\n', '{{ .Values.image }}', 'nginx:{{ tag }}', `nginx:${'a'.repeat(129)}`],
    ...[`@${DIGEST}`, `nginx@${DIGEST}@${DIGEST}`, `nginx@${DIGEST}:1`, `nginx@${DIGEST.toUpperCase()}`],
  ]
  for (const text of invalid) {
    it(`refuses ${JSON.stringify(text.slice(0, 50))}`, () => assert.equal(tryParseReference(text), undefined))
  }

  it('throws for no text when only tried, and writes what it reads', () => {
    const likely = fc.stringMatching(/^[a-cA.:/@_0-9-]{0,16}$/)
    const tail = fc.constantFrom('', ':1', `@${DIGEST}`, `:1@${DIGEST}`)
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      likely,
      fc.tuple(likely, tail).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (text) => {
        const reference = tryParseReference(text)
        if (reference !== undefined) assert.equal(formatReference(reference), text)
      }),
      { numRuns: 2_000 },
    )
  })
})
