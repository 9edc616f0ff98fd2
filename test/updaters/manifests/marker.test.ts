import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMarker } from '../../../src/updaters/manifests/marker.js'
import type { Marker } from '../../../src/updaters/manifests/place.js'

const READ: readonly (readonly [string, Marker | undefined])[] = [
  [' {"$imagepolicy": "apps:podinfo"}', { type: 'policy', policy: 'apps/podinfo', part: 'reference' }],
  ['{ "$imagepolicy" : "apps:podinfo:tag" }  ', { type: 'policy', policy: 'apps/podinfo', part: 'tag' }],
  [' {"$imagepolicy": "apps:podinfo:name"}', { type: 'policy', policy: 'apps/podinfo', part: 'name' }],
  [
    ' {"other": "x", "$imagepolicy": "apps:podinfo", "no": null}',
    { type: 'policy', policy: 'apps/podinfo', part: 'reference' },
  ],
  [
    '# {"$imagepolicy": "a:b", "$imagepolicy": "apps:podinfo"}',
    { type: 'policy', policy: 'apps/podinfo', part: 'reference' },
  ],
  [' {"$imagepolicy": "apps:podinfo:digest"}', { type: 'policy', policy: 'apps/podinfo', part: 'digest' }],
  [' tidemark: podinfo', { type: 'policy', policy: 'podinfo', part: 'reference' }],
  ['tidemark:podinfo:tag', { type: 'policy', policy: 'podinfo', part: 'tag' }],
  ['\ttidemark:\tapps/podinfo:digest\t', { type: 'policy', policy: 'apps/podinfo', part: 'digest' }],
  [' tidemark: ignore', { type: 'ignore' }],
  [' tidemark: ignore the mirror lags', { type: 'ignore' }],
  [' tidemark: hold leaks memory, #4711', { type: 'hold', reason: 'leaks memory, #4711' }],
  // One character per byte, as files are read.
  [Buffer.from(' tidemark: hold zu groß').toString('latin1'), { type: 'hold', reason: 'zu groß' }],
  [' the tag of the web tier', undefined],
  [' {"$openapi": "replicas"}', undefined],
  [' ghcr.io/acme/tidemark:1.0', undefined],
]

for (const [comment, marker] of READ) {
  test(`reads "${comment}"`, () => assert.deepEqual(parseMarker(comment), marker))
}

const MALFORMED = [
  ' tidemark:',
  ' tidemark: hold',
  ' tidemark: podinfo:version',
  ' tidemark: podinfo:tag:tag',
  ' tidemark: :tag',
  ' tidemark: podinfo because',
  ' tidemark: pod$info',
  ` tidemark: ${'a'.repeat(300)}`,
  ' since May, tidemark: ignore',
  ' {"$imagepolicy": "podinfo"}',
  ' {"$imagepolicy": ":podinfo"}',
  ' {"$imagepolicy": "apps:"}',
  ' {"$imagepolicy": "apps:podinfo:version"}',
  ' {"$imagepolicy": "apps:podinfo:tag:tag"}',
  ' {"$imagepolicy": 1}',
  ' {"$imagepolicy": "apps:podinfo", "more": 1}',
  ' {"$imagepolicy": null}',
  ' {"more": "$imagepolicy"}',
  ' {"$imagepolicy": ["apps:podinfo"]}',
  ' {"$imagepolicy": "apps:podinfo"',
  ' {"$imagepolicy": "apps:podinfo"} here',
  ' see {"$imagepolicy": "apps:podinfo"}',
  ` {"$imagepolicy": "apps:${'a'.repeat(2000)}"}`,
]

for (const comment of MALFORMED) {
  test(`refuses "${comment.slice(0, 60)}"`, () => assert.equal(parseMarker(comment)?.type, 'malformed'))
}
