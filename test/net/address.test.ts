import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { guardedLookup, mayReach, type Reach, reachOf } from '../../src/net/address.js'

const CASES: readonly [address: string, reach: Reach][] = [
  ['93.184.216.34', 'public'],
  ['2606:2800:220:1::1', 'public'],
  ['64:ff9b::93.184.216.34', 'public'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['100.64.0.1', 'private'],
  ['fd12::1', 'private'],
  ['::ffff:192.168.1.1', 'private'],
  ['127.0.0.2', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['169.254.169.254', 'reserved'],
  ['::ffff:169.254.169.254', 'reserved'],
  ['64:ff9b::169.254.169.254', 'reserved'],
  ['100.100.100.200', 'reserved'],
  ['fd00:ec2::254', 'reserved'],
  ['fe80::1', 'reserved'],
  ['0.0.0.0', 'reserved'],
  ['::', 'reserved'],
  ['224.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
]

for (const [address, reach] of CASES) it(`${address} is ${reach}`, () => assert.equal(reachOf(address), reach))

describe('who may send us where', () => {
  const ADDRESSES = ['93.184.216.34', '10.1.2.3', '127.0.0.1', '169.254.169.254']
  const EXPECTED: readonly [from: Reach, allowed: readonly string[]][] = [
    ['public', ADDRESSES.slice(0, 1)],
    ['private', ADDRESSES.slice(0, 2)],
    ['loopback', ADDRESSES.slice(0, 3)],
    ['reserved', []],
  ]
  for (const [from, allowed] of EXPECTED) {
    it(from, () =>
      assert.deepEqual(
        ADDRESSES.filter((address) => mayReach(from, address)),
        allowed,
      ),
    )
  }
})

describe('looks up under guard', () => {
  const lookUp = (from: Reach, host: string, all: boolean) =>
    new Promise((resolve) => {
      guardedLookup(from)(host, { all, family: 4 }, (error, address) => resolve(error === null ? address : error.code))
    })

  it('refuses a name that is nearer than its sender', async () => {
    assert.equal(await lookUp('public', 'localhost', false), 'ERR_REFUSED_ADDRESS')
    assert.equal(await lookUp('private', 'localhost', true), 'ERR_REFUSED_ADDRESS')
  })

  it('answers in both forms that Node asks for', async () => {
    assert.equal(await lookUp('loopback', 'localhost', false), '127.0.0.1')
    assert.deepEqual(await lookUp('loopback', 'localhost', true), [{ address: '127.0.0.1', family: 4 }])
  })
})
