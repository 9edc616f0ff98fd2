import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { type KeyKind, keyComplaint } from '../../src/config/private-keys.js'
import { refusal, withFiles } from './files.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

const pemOf = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1', passphrase?: string) => {
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return key.export({ type, format: 'pem', ...cipher }).toString()
}

/** The head of a key in OpenSSH's format, which is all that is looked at. Source: PROTOCOL.key of OpenSSH. */
function openSsh(cipher: string): string {
  const head = Buffer.concat([Buffer.from('openssh-key-v1\0\0\0\0'), Buffer.of(cipher.length), Buffer.from(cipher)])
  const body = Buffer.concat([head, Buffer.alloc(64)]).toString('base64')
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.slice(0, 70)}\n${body.slice(70)}\n-----END OPENSSH PRIVATE KEY-----\n`
}

const PGP = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxVgEZ\n-----END PGP PRIVATE KEY BLOCK-----\n'
const ENCRYPTED = 'it is encrypted and needs "passphrase"'
const PUBLIC = 'it has a public key: expected the private one'
const NOT_ALONE = 'there is something before or after the key'
const PARAMETERS = '-----BEGIN EC PARAMETERS-----\nBg==\n-----END EC PARAMETERS-----\n'
const NO_SSH = 'it has no "-----BEGIN OPENSSH PRIVATE KEY-----"'
const PKCS8_ED25519 = 'it is an Ed25519 key in PKCS #8: expected one of ssh-keygen'
const NO_RSA = 'it is no RSA key without a passphrase'

const JUDGED: readonly [kind: KeyKind, name: string, text: string, complaint?: string][] = [
  ['sshLogin', "OpenSSH's format", openSsh('none')],
  ['sshLogin', 'other line ends', openSsh('none').replaceAll('\n', '\r\n')],
  ['sshLogin', 'RSA in PEM', pemOf(rsa.privateKey, 'pkcs1')],
  ['sshLogin', 'ECDSA in PEM', pemOf(ec.privateKey, 'sec1')],
  ['sshLogin', 'ECDSA in PEM, after its parameters', `${PARAMETERS}${pemOf(ec.privateKey, 'sec1')}`, NOT_ALONE],
  ['sshLogin', 'a key before an explanation', `${openSsh('none')}of the bot\n`, NOT_ALONE],
  ['sshLogin', 'a key of one line', openSsh('none').replaceAll('\n', '\\n'), 'it has "\\n" in place of its line ends'],
  ['sshLogin', 'PKCS #8', pemOf(ec.privateKey, 'pkcs8')],
  ['sshLogin', "OpenSSH's format, encrypted", openSsh('aes256-ctr'), ENCRYPTED],
  ['sshLogin', 'PEM, encrypted', pemOf(rsa.privateKey, 'pkcs1', 'p'), ENCRYPTED],
  ['sshLogin', 'PKCS #8, encrypted', pemOf(ec.privateKey, 'pkcs8', 'p'), ENCRYPTED],
  ['sshLogin', 'nothing', '', NO_SSH],
  ['sshLogin', 'words', 'hunter2', NO_SSH],
  ['sshLogin', 'a key of OpenPGP', PGP, NO_SSH],
  ['sshLogin', 'a DSA key', '-----BEGIN DSA PRIVATE KEY-----\nMA==\n-----END DSA PRIVATE KEY-----\n', NO_SSH],
  ['sshLogin', 'half a key', openSsh('none').slice(0, -20), 'its end is missing'],
  ['sshLogin', 'a public key of OpenSSH', 'ssh-ed25519 AAAAC3Nza bot@example.com\n', PUBLIC],
  ['sshLogin', 'a public key in PEM', ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(), PUBLIC],
  ['sshLogin', 'Ed25519 in PKCS #8', pemOf(ed.privateKey, 'pkcs8'), PKCS8_ED25519],
  ['sshSigning', 'Ed25519 in PKCS #8', pemOf(ed.privateKey, 'pkcs8')],
  ['sshSigning', 'a key of OpenPGP', PGP, NO_SSH],
  ['githubApp', 'a key as GitHub makes it', pemOf(rsa.privateKey, 'pkcs1')],
  ['githubApp', 'PKCS #8', pemOf(rsa.privateKey, 'pkcs8')],
  ['githubApp', 'ECDSA', pemOf(ec.privateKey, 'pkcs8'), NO_RSA],
  ['githubApp', 'an encrypted key', pemOf(rsa.privateKey, 'pkcs1', 'p'), NO_RSA],
  ['githubApp', "OpenSSH's format", openSsh('none'), 'it has no "-----BEGIN RSA PRIVATE KEY-----"'],
  ['openpgp', 'a private key', PGP],
  ['openpgp', 'a public key', PGP.replaceAll('PRIVATE', 'PUBLIC'), PUBLIC],
  ['openpgp', 'a key of OpenSSH', openSsh('none'), 'it has no "-----BEGIN PGP PRIVATE KEY BLOCK-----"'],
]

for (const [kind, name, text, complaint] of JUDGED) {
  test(`${complaint === undefined ? 'takes' : 'refuses'} for ${kind}: ${name}`, () => {
    assert.equal(keyComplaint(text, kind, false), complaint)
  })
}

test('an encrypted key is right beside its passphrase', () => {
  for (const text of [openSsh('aes256-ctr'), pemOf(ec.privateKey, 'pkcs8', 'p')]) {
    assert.equal(keyComplaint(text, 'sshLogin', true), undefined)
  }
})

test('every key of a policy file is looked at, and none is shown', () => {
  const text = `policies: {}
git:
  a: { url: git@h:a, credentials: { sshKey: nowhere }, signing: { ssh: id } }
  b: { url: https://h/b, credentials: { githubApp: { id: 1, installation: 1, key: id } }, signing: { openpgp: id } }
  c: { url: git@h:c, credentials: { sshKey: "\${KEY}" }, signing: { ssh: "\${FILE}", passphrase: p } }
  d: { url: git@h:d, credentials: { sshKey: "\${CUT}" }, signing: { ssh: id, passphrase: p } }
`
  const env = { KEY: `${openSsh('aes256-ctr')}`, FILE: 'hunter2', CUT: openSsh('none').slice(12) }
  return withFiles({ 'tidemark.yaml': text, id: openSsh('aes256-ctr') }, async (folder) => {
    const { lines } = await refusal(loadConfiguration([join(folder, 'tidemark.yaml')], { env }), folder)
    assert.deepEqual(
      lines.map((line) => line.replace('tidemark.yaml:', '')),
      [
        '3:45: git.a.credentials.sshKey: cannot read a private key from "nowhere": it does not exist',
        `3:72: git.a.signing.ssh: cannot read a private key from "id": ${ENCRYPTED}`,
        '4:83: git.b.credentials.githubApp.key: cannot read a private key from "id": it has no "-----BEGIN RSA PRIVATE KEY-----"',
        '4:111: git.b.signing.openpgp: cannot read a private key from "id": it has no "-----BEGIN PGP PRIVATE KEY BLOCK-----"',
        `5:45: git.c.credentials.sshKey: cannot read a private key: ${ENCRYPTED}`,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
        '5:73: git.c.signing.ssh: cannot read a private key from "${FILE}": it does not exist',
        '6:45: git.d.credentials.sshKey: expected a path, or a key that has "-----BEGIN", found a text',
      ],
    )
  })
})
