import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { BlockList, isIPv6, type LookupFunction } from 'node:net'

/**
 * How near an IP address is. A `public` host may send us to public addresses only, one in a `private` network also to
 * private ones, and one on this machine to all three. `reserved` are link-local, unspecified and multicast addresses and
 * those of cloud metadata services: nobody may send us there.
 */
export type Reach = 'public' | 'private' | 'loopback' | 'reserved'

const ORDER: readonly Reach[] = ['public', 'private', 'loopback']

/** RFC 6890 and the registries it started; 192.0.0.192, 100.100.100.200 and fd00:ec2::254 are metadata services. */
const RESERVED = blockList(
  ['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '100.100.100.200/32', '224.0.0.0/3'],
  ['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::254/128'],
)
const LOOPBACK = blockList(['127.0.0.0/8'], ['::1/128'])
const PRIVATE = blockList(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'],
  ['fc00::/7', 'fec0::/10'],
)

/** An address that nobody tells us, because a proxy connects to it, counts as public. */
export function reachOf(address: string | undefined): Reach {
  if (address === undefined) return 'public'
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (RESERVED.check(address, family)) return 'reserved'
  if (LOOPBACK.check(address, family)) return 'loopback'
  return PRIVATE.check(address, family) ? 'private' : 'public'
}

/** Whether a host of reach `from` may send us to `address`. */
export function mayReach(from: Reach, address: string): boolean {
  const reach = reachOf(address)
  return reach !== 'reserved' && ORDER.indexOf(reach) <= ORDER.indexOf(from)
}

/**
 * A lookup for `net.connect` that fails with code `ERR_REFUSED_ADDRESS` where one of the addresses may not be reached.
 * Checked here and not before, so that a name cannot resolve to something else by the time it is connected.
 */
export function guardedLookup(from: Reach): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '')
      const [first] = addresses
      const refused = addresses.find(({ address }) => !mayReach(from, address))
      if (refused !== undefined || first === undefined) {
        return callback(refusal(`"${hostname}" is at a ${refused ? reachOf(refused.address) : 'missing'} address`), '')
      }
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

function refusal(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ERR_REFUSED_ADDRESS' })
}

/** IPv4 ranges are also listed below the NAT64 prefix of RFC 6052, which reaches them. `BlockList` knows mapped ones itself. */
function blockList(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList()
  for (const [network, bits] of [...ipv4, ...ipv6].map(split)) {
    if (isIPv6(network)) list.addSubnet(network, bits, 'ipv6')
    else {
      list.addSubnet(network, bits, 'ipv4')
      list.addSubnet(`64:ff9b::${network}`, 96 + bits, 'ipv6')
    }
  }
  return list
}

function split(range: string): [string, number] {
  const slash = range.indexOf('/')
  return [range.slice(0, slash), Number(range.slice(slash + 1))]
}
