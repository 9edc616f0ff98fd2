import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Authority, startAuthority } from '../parts/authority.js'
import {
  type Chaos,
  type ChaosRegistry,
  drip,
  fail,
  hang,
  pageForEver,
  refuseItsTokens,
  resetInMidBody,
  sendBomb,
  sendHtml,
  sendLongList,
  sendWrongManifest,
  startChaosRegistry,
} from '../parts/chaos-registry.js'
import { type RegistryPart, startDockerRegistry } from '../parts/docker-registry.js'
import { eventually } from '../parts/eventually.js'
import { readFileAt } from '../parts/git-server.js'
import { pushImage, pushTags } from '../parts/image.js'
import { type LogRecord, type RunningTidemark, startTidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

/*
 * One program watches a registry that is well and a dozen that break at the same moment, each in its own way.
 */

interface Kind {
  readonly name: string
  readonly chaos?: Chaos
  /** What is told of it. */
  readonly reason: RegExp
  /** How many looks fail before it heals: more than one wherever that does not take half a minute. */
  readonly looks?: number
}

const KINDS: readonly Kind[] = [
  { name: '500', chaos: fail, reason: /registry answered 500$/ },
  { name: '401-loop', chaos: refuseItsTokens, reason: /registry answered 401 \(asked anonymously\)$/ },
  { name: 'hang', chaos: hang, reason: /none within 15000 ms/, looks: 1 },
  { name: 'reset', chaos: resetInMidBody, reason: /\((?:it broke off|read ECONNRESET|socket hang up)\)$/ },
  { name: 'html', chaos: sendHtml, reason: /registry answered "text\/html" that is not a list of tags$/ },
  { name: 'long-list', chaos: sendLongList, reason: /more than 16777216 bytes/ },
  { name: 'endless-pages', chaos: pageForEver, reason: /more than 1000 pages$/ },
  { name: 'gzip-bomb', chaos: sendBomb, reason: /larger than 16777216 bytes/ },
  { name: 'drip', chaos: drip, reason: /none within 15000 ms/, looks: 1 },
  { name: 'expired', reason: /certificate has expired/ },
  { name: 'dns', reason: /getaddrinfo \w+ registry\.invalid/ },
  { name: 'wrong-digest', chaos: sendWrongManifest, reason: /that is not the manifest of its digest$/ },
]

/** Short enough to be "within seconds", and long enough for a busy machine. */
const SECONDS_MS = 8_000

const registries = new Map<string, ChaosRegistry>()
/** Tells nobody of pushes, so that all depends on the schedule. */
let well: RegistryPart
let authority: Authority
let stage: Stage
let fleet: Fleet
let service: RunningTidemark
let brokenNames: string
let tellHealthy: () => void
const healthyDone = new Promise<void>((resolve) => {
  tellHealthy = resolve
})

before(async () => {
  stage = await setStage()
  well = await startDockerRegistry()
  authority = await startAuthority()
  brokenNames = join(stage.folder, 'names-are-broken')
  const tls = {
    well: await authority.issue('IP:127.0.0.1'),
    broken: await authority.issue('IP:127.0.0.1', { expired: true }),
  }
  for (const { name, chaos } of KINDS) {
    const more = { ...(name === 'expired' && { tls }), ...(name === 'dns' && { name: 'registry.invalid' }) }
    registries.set(name, await startChaosRegistry({ chaos, ...more }))
  }
  await pushTags(well, 'team/well', ['1.0.0'])

  const watched = [['well', `${well.host}/team/well`], ...KINDS.map(({ name }) => [name, imageOf(name)])] as const
  fleet = await stage.fleet(
    'chaos',
    Object.fromEntries(watched.map(([name, image]) => [`${name}.yaml`, `image: ${image}:1.0.0\n`])),
    Object.fromEntries(watched.map(([name = '', image = '']) => [name, policy(image, '1.x', { interval: '1s' })])),
    { webhooks: {}, registries: Object.fromEntries(KINDS.map(({ name }) => [hostOf(name), settingsOf(name)])) },
  )
  const env = { NODE_OPTIONS: `--require=${await resolverOf(stage.folder)}` }
  service = await startTidemark(['--config', fleet.config, '--verbose'], { env })
  for (const [name = ''] of watched) await eventually(`${name} is selected`, () => selected(name, '1.0.0'))

  await writeFile(brokenNames, '')
  for (const registry of registries.values()) registry.break()
})

after(async () => {
  await service?.stop()
  await Promise.all([...registries.values()].map((registry) => registry.stop()))
  await authority?.stop()
  await well?.stop()
  await stage?.stop()
})

describe('while registries fail', { concurrency: true }, () => {
  it('what others push is committed within seconds', async () => {
    try {
      for (const tag of ['1.1.0', '1.2.0', '1.3.0']) {
        await pushImage(well, 'team/well', tag)
        await written('well', `${well.host}/team/well`, tag, SECONDS_MS)
      }
    } finally {
      tellHealthy()
    }
  })

  for (const { name, reason, looks = 2 } of KINDS) {
    it(`${name} is told once, and recovered from without help`, async () => {
      const image = imageOf(name)
      const failures = () => recordsOf('Poll failed', image)
      await eventually(`${looks} failures of ${name}`, () => failures().length >= looks, 60_000)
      await healthyDone
      assert.ok(!selected(name, '1.1.0'))

      if (name === 'dns') await rm(brokenNames)
      registries.get(name)?.heal()
      await written(name, image, '1.1.0')
      const warned = failures().filter(({ level }) => level === 'warn')
      // A reset may overtake what was sent before it, and has more than one reason then.
      assert.deepEqual(warned.map(reasonOf), [...new Set(failures().map(reasonOf))])
      for (const record of warned) assert.match(reasonOf(record), reason)
      assert.equal(recordsOf('Poll works again', image).length, 1)
    })
  }
})

describe('in the end', () => {
  it('nothing else was warned of', () => {
    const warned = service.records().filter(({ level }) => level !== 'debug' && level !== 'info')
    const told = new Set(warned.map(({ message, repository }) => `${message}: ${repository}`))
    assert.deepEqual([...told].sort(), KINDS.map(({ name }) => `Poll failed: ${imageOf(name)}`).sort())
  })

  it('each failure was counted', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    for (const { name } of KINDS) {
      const count = `tidemark_polls_total{registry="${hostOf(name)}",outcome="failed"} `
      assert.ok(metrics.includes(`${count}${recordsOf('Poll failed', imageOf(name)).length}\n`), name)
    }
  })
})

function hostOf(name: string): string {
  return registries.get(name)?.host ?? ''
}

function imageOf(name: string): string {
  return `${hostOf(name)}/team/app`
}

/** Asked as fast as it answers, so that a thousand pages take no minute. */
function settingsOf(name: string): object {
  const tls = name === 'expired' ? { plainHttp: false, tls: { ca: authority.ca } } : { plainHttp: true }
  return { ...tls, requestsPerSecond: 10_000 }
}

function recordsOf(message: string, repository: string): readonly LogRecord[] {
  return service.records().filter((record) => record.message === message && record.repository === repository)
}

function reasonOf({ reason }: LogRecord): string {
  return String(reason)
}

function selected(name: string, tag: string): boolean {
  return service
    .records()
    .some((record) => record.message === 'Tag selected' && record.policy === name && record.tag === tag)
}

function written(name: string, image: string, tag: string, withinMs?: number): Promise<true> {
  const content = async () => (await readFileAt(fleet.path, 'main', `${name}.yaml`)).toString()
  return eventually(`${name} ${tag}`, async () => (await content()) === `image: ${image}:${tag}\n`, withinMs)
}

/**
 * The names of a network cannot be had here. This gives the program one of its own, which leads to this machine until it is
 * broken, and is looked up by the system then: nobody may have it (RFC 6761, section 6.4).
 */
async function resolverOf(folder: string): Promise<string> {
  const path = join(folder, 'resolver.cjs')
  await writeFile(
    path,
    `const dns = require('node:dns')
const { existsSync } = require('node:fs')
const { lookup } = dns
dns.lookup = (name, ...rest) => lookup(name === 'registry.invalid' && !existsSync(${JSON.stringify(brokenNames)}) ? '127.0.0.1' : name, ...rest)
`,
  )
  return path
}
