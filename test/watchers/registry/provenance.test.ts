import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { annotatedProvenance, configuredProvenance } from '../../../src/watchers/registry/provenance.js'

const OCI = 'org.opencontainers.image.created'
const OLD = 'org.label-schema.build-date'
const REVISION = 'org.opencontainers.image.revision'
const SOURCE = 'org.opencontainers.image.source'
const day = (text: string) => `${text}T00:00:00Z`

describe('takes the time of creation', () => {
  const CASES: readonly [
    name: string,
    annotations: Record<string, string>,
    labels: Record<string, string>,
    created: unknown,
    expected: string | undefined,
  ][] = [
    ['of the configuration where nothing else is', {}, {}, '2023-12-01', '2023-12-01'],
    ['of a later label', {}, { [OCI]: '2023-02-01' }, '2023-01-01', '2023-02-01'],
    ['of the configuration, later than a label', {}, { [OCI]: '2023-01-01' }, '2023-12-01', '2023-12-01'],
    ['of a label where the configuration has none of use', {}, { [OCI]: '2023-05-01' }, '0001-01-01', '2023-05-01'],
    ['of an annotation before all', { [OCI]: '2023-03-01' }, { [OCI]: '2023-02-01' }, '2023-01-01', '2023-03-01'],
    ['of an annotation, though earlier', { [OCI]: '2023-01-01' }, {}, '2023-12-01', '2023-01-01'],
    ['of the newer key', { [OCI]: '2023-06-01', [OLD]: '2023-07-01' }, {}, null, '2023-06-01'],
    ['of an old annotation before a new label', { [OLD]: '2023-09-01' }, { [OCI]: '2023-08-01' }, null, '2023-09-01'],
    ['of the newer label', {}, { [OCI]: '2023-10-01', [OLD]: '2023-11-01' }, null, '2023-10-01'],
    ['of the old key where the new one is broken', { [OCI]: 'today', [OLD]: '2023-07-01' }, {}, null, '2023-07-01'],
    ['of none at the start of time', {}, {}, '1970-01-01', undefined],
    ['of none that is no text', {}, {}, 1_700_000_000, undefined],
  ]
  for (const [name, annotations, labels, created, expected] of CASES) {
    it(name, () => {
      const dated = (texts: Record<string, string>) =>
        Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, text === 'today' ? text : day(text)]))
      const { createdAt } = {
        ...configuredProvenance(dated(labels), typeof created === 'string' ? day(created) : created),
        ...annotatedProvenance(dated(annotations)),
      }
      assert.equal(createdAt, expected && Date.parse(day(expected)))
    })
  }
})

describe('takes from annotations', () => {
  const CASES: readonly [key: string, value: unknown, expected: object][] = [
    [OCI, '2023-01-01T01:00:00.123456789+01:00', { createdAt: Date.parse('2023-01-01T00:00:00.123Z') }],
    [OCI, '2023-13-01T00:00:00Z', {}],
    [OCI, 'Sun, 01 Jan 2023', {}],
    [REVISION, 'f00dfeed', { revision: 'f00dfeed' }],
    [REVISION, 'release/1.4', { revision: 'release/1.4' }],
    ['org.label-schema.vcs-ref', 'f00d', { revision: 'f00d' }],
    [REVISION, 'f00d\nTidemark-Update: a b c -> d', {}],
    [REVISION, 'x'.repeat(129), {}],
    [REVISION, '', {}],
    [REVISION, 7, {}],
    [SOURCE, 'https://github.com/acme/app', { source: 'https://github.com/acme/app' }],
    ['org.label-schema.vcs-url', 'http://git.example.com/app', { source: 'http://git.example.com/app' }],
    [SOURCE, 'https://user:secret@github.com/acme/app', {}],
    [SOURCE, 'javascript:alert(1)', {}],
    [SOURCE, 'git@github.com:acme/app', {}],
    [SOURCE, `https://a.example/${'x'.repeat(1_024)}`, {}],
    ['toString', 'x', {}],
  ]
  for (const [key, value, expected] of CASES) {
    it(`${key} ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.deepEqual(annotatedProvenance({ [key]: value }), expected)
    })
  }
})

it("leaves out the source of a base image, whose labels are older than the image's own configuration", () => {
  const labels = { [OCI]: day('2023-01-01'), [REVISION]: 'base', [SOURCE]: 'https://github.com/base/image' }
  assert.deepEqual(configuredProvenance(labels, day('2023-06-01')), { createdAt: Date.parse(day('2023-06-01')) })
  assert.equal(configuredProvenance(labels, day('2023-01-02')).revision, 'base')
})
