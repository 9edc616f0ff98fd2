import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { anyDocuments } from './documents.js'

/** A comment for which every file is read. */
const READ = '\n# image:\n'

function placesOf(text: string): readonly unknown[] {
  return scanManifest('app.yaml', Buffer.from(text)).places
}

test('no place is in a file that is not read', () => {
  fc.assert(
    fc.property(anyDocuments, (text) => assert.deepEqual(placesOf(text), placesOf(`${text}${READ}`))),
    { numRuns: 300 },
  )
})

const forms = ['image: a/b:1', '"image" : a/b:1', '{image: a/b:1}', '? image\n: a/b:1', '? image # c\n: a/b:1']

const others = [
  ...['images: [a/b:1]', 'imageName: a/b:1', 'repository: a/b\ntag: 1', 'registry: r.io\nname: a/b\nversion: 1'],
  ...[
    'apiVersion: kustomize.config.k8s.io/v1\nkind: Component\nimages: [{ name: r.io/a, newTag: 1 }]',
    'url: oci://r.io/a\ntag: 1',
    'x: a:1 # tidemark: p',
  ],
  ...[
    'x: a:1 # {"$imagepolicy": "a:b"}',
    'helm: {parameters: [{name: image.tag, value: 1}, {name: image.name, value: a/b}]}',
  ],
]

for (const text of [...forms, ...others]) {
  test(`a file with ${JSON.stringify(text)} is read`, () => {
    assert.notDeepEqual(placesOf(text), [])
    assert.deepEqual(placesOf(text), placesOf(`${text}${READ}`))
  })
}
