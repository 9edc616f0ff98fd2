import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { type Files, refusal, withFiles } from './files.js'

const pemOf = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki') => key.export({ type, format: 'pem' }).toString()
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).publicKey

const pair = ec('P-256')
const KEY = pemOf(pair.publicKey)
const OTHER = pemOf(generateKeyPairSync('ed25519').publicKey)

const policy = (name: string, cosign: string) =>
  `  ${name}: { image: alpine, select: { semver: '*' }, digest: pin, require: { signature: { cosign: ${cosign} } } }\n`

/** What comes of a policy file beside a file `keys/a.pub`. */
async function signatureBy(pem: string | Uint8Array) {
  return withFiles(
    { 'keys/a.pub': pem, 'tidemark.yaml': `policies:\n${policy('a', 'keys/a.pub')}` },
    async (folder) => {
      const { policies } = await loadConfiguration([join(folder, 'tidemark.yaml')], { env: {} })
      return policies[0]?.signature
    },
  )
}

const TAKEN: readonly [string, string, string?][] = [
  ['a key as cosign writes it', KEY],
  ['two keys', `${KEY}${OTHER}`],
  ['explanations around it', `ours\n${KEY}theirs\n${OTHER}`, `${KEY}${OTHER}`],
  ['other line ends', KEY.replaceAll('\n', '\r\n'), KEY.replaceAll('\n', '\r\n').replace(/\r\n$/, '\n')],
  ['P-384', pemOf(ec('P-384').publicKey)],
  ['P-521', pemOf(ec('P-521').publicKey)],
  ['RSA', pemOf(rsa(2048))],
  ['RSA in the form of PKCS #1', pemOf(rsa(2048), 'pkcs1')],
]

for (const [name, text, expected = text] of TAKEN) {
  test(`takes ${name}`, async () => {
    assert.deepEqual(await signatureBy(text), { cosign: { pem: expected, file: 'keys/a.pub' } })
  })
}

const NO_KEY = 'it has no "-----BEGIN PUBLIC KEY-----"'
const PRIVATE = 'it has a private key, which belongs to who signs: expected the public one'

const REFUSED: readonly [string, string | Uint8Array, string][] = [
  ['nothing', '', NO_KEY],
  ['what is no key', 'hunter2', NO_KEY],
  ['a key without an end', KEY.slice(0, -10), NO_KEY],
  ['a certificate', KEY.replaceAll('PUBLIC KEY', 'CERTIFICATE'), NO_KEY],
  ['bytes', new Uint8Array([0xff, 0xfe]), 'it is not UTF-8 text'],
  ['more than a key needs', KEY.padEnd(64 * 1024 + 1), 'it is larger than 64 KiB'],
  ['more keys than anybody has', KEY.repeat(101), 'it has more than 100 keys'],
  ['a damaged key', KEY.replace('MF', 'ME'), 'one of its keys is damaged'],
  ['a damaged key beside a good one', `${KEY}${OTHER.replace('MC', 'MD')}`, 'one of its keys is damaged'],
  ['a private key', pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), PRIVATE],
  ['both keys of a pair', `${KEY}${pair.privateKey.export({ type: 'sec1', format: 'pem' })}`, PRIVATE],
  ["cosign's private key", KEY.replaceAll('PUBLIC KEY', 'ENCRYPTED SIGSTORE PRIVATE KEY'), PRIVATE],
  ['a weak key', pemOf(rsa(1024)), 'one of its keys is RSA with less than 2048 bits'],
  ['another curve', pemOf(ec('secp256k1').publicKey), '"secp256k1" signs no images'],
  ['a key that signs nothing', pemOf(generateKeyPairSync('x25519').publicKey), '"x25519" signs no images'],
]

for (const [name, content, complaint] of REFUSED) {
  test(`refuses ${name}`, () =>
    withFiles({ 'a.pub': content, 'tidemark.yaml': `policies:\n${policy('a', 'a.pub')}` }, async (folder) => {
      const { lines } = await refusal(loadConfiguration([join(folder, 'tidemark.yaml')], { env: {} }), folder)
      assert.deepEqual(lines, [
        `tidemark.yaml:2:93: policies.a.require.signature.cosign: cannot read a public key from "a.pub": ${complaint}`,
      ])
    }))
}

test('a path starts at the folder of its file, and one that is filled in is not shown', () => {
  const files: Files = {
    'one/a.pub': KEY,
    'two/b.pub': OTHER,
    'one/tidemark.yaml': `policies:\n${policy('a', 'a.pub')}${policy('b', '../two/b.pub')}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
    'two/tidemark.yaml': `policies:\n${policy('c', '"${KEY}"')}`,
  }
  return withFiles(files, async (folder) => {
    const paths = ['one', 'two'].map((path) => join(folder, path))
    const { policies } = await loadConfiguration(paths, { env: { KEY: 'b.pub' } })
    assert.deepEqual(
      policies.map(({ signature }) => signature),
      [
        { cosign: { pem: KEY, file: 'a.pub' } },
        { cosign: { pem: OTHER, file: '../two/b.pub' } },
        { cosign: { pem: OTHER, file: 'b.pub' } },
      ],
    )
    const { lines } = await refusal(loadConfiguration(paths, { env: { KEY: 'hunter2' } }), folder)
    assert.deepEqual(lines, [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
      'two/tidemark.yaml:2:93: policies.c.require.signature.cosign: cannot read a public key from "${KEY}": it does not exist',
    ])
  })
})
