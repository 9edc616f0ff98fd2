import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startDockerRegistry } from '../../test/parts/docker-registry.js'
import { eventually } from '../../test/parts/eventually.js'
import { removeFolder, temporaryFolder } from '../../test/parts/folder.js'
import { pushTags } from '../../test/parts/image.js'
import { startRedis } from '../../test/parts/redis.js'
import { type RunningTidemark, startTidemark, writePolicyFile } from '../../test/parts/tidemark.js'
import { printTable } from './figures.js'
import { loadByWrk } from './wrk.js'

const SECRET = 'benchmark-secret'
const REPOSITORIES = 20
const SECONDS = 10
/** So many senders, each of which waits so long between two events, send at most 8,000 events a second. */
const CONNECTIONS = 400
const BETWEEN_MS = 50

/**
 * Signed events at 5,000 a second for ten seconds, of twenty repositories in turns, at the running service: whether each is
 * accepted, how many looks become of them, and what memory they take. Needs the built program.
 */
export async function steadyWebhooks(): Promise<void> {
  const registry = await startDockerRegistry()
  const redis = await startRedis()
  const folder = await temporaryFolder('benchmark')
  try {
    const images = Array.from({ length: REPOSITORIES }, (_, index) => `harbour/lamp-${index}`)
    for (const image of images) await pushTags(registry, image, ['1.0.0'])
    const names = images.map((image) => `${registry.host}/${image}`)
    const script = join(folder, 'events.lua')
    await writeFile(script, luaScript(names))
    const rows: string[][] = []
    for (const [name, queue] of [
      ['in the process', undefined],
      ['BullMQ on a local Redis', redis.url],
    ] as const) {
      const config = await writePolicyFile(folder, {
        policies: Object.fromEntries(
          names.map((image, index) => [`lamp-${index}`, { image, interval: '1h', select: { semver: '1.x' } }]),
        ),
        webhooks: { ci: { sender: 'generic', secret: SECRET } },
        server: { port: 0 },
        state: join(folder, 'state'),
        ...(queue !== undefined && { queue: { redis: queue } }),
      })
      const service = await startTidemark(['--config', config])
      try {
        rows.push([name, ...(await measure(service, script))])
      } finally {
        await service.stop()
      }
    }
    printTable(['', 'events/s', 'accepted', 'refused', 'looks', 'MiB before', 'MiB by seconds', 'MiB 5 s later'], rows)
  } finally {
    await redis.stop()
    await registry.stop()
    await removeFolder(folder)
  }
}

async function measure(service: RunningTidemark, script: string): Promise<string[]> {
  const metric = async (name: string) => {
    const text = await (await fetch(`${service.url}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith(name))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
  const mib = async () => Math.round((await metric('process_resident_memory_bytes')) / 2 ** 20)
  await eventually('the first looks', async () => (await metric('tidemark_polls_total')) >= REPOSITORIES, 60_000)
  const [before, looksBefore] = [await mib(), await metric('tidemark_polls_total')]

  const memory: number[] = []
  const load = loadByWrk(`${service.url}/webhooks/ci`, { connections: CONNECTIONS, seconds: SECONDS, script })
  const sampled = (async () => {
    for (let second = 1; second < SECONDS; second++) {
      await pause(1_000)
      memory.push(await mib())
    }
  })()
  const [rate] = await Promise.all([load, sampled])
  await eventually(
    'the queue is empty',
    async () => (await metric('tidemark_jobs{queue="polls",state="waiting"')) === 0,
  )
  const accepted = await metric('tidemark_webhook_events_total{webhook="ci",outcome="accepted"}')
  const refused = (await metric('tidemark_webhook_events_total')) - accepted
  const looks = (await metric('tidemark_polls_total')) - looksBefore
  await pause(5_000)
  return [rate.toFixed(0), accepted, refused, looks, before, memory.join(' '), await mib()].map(String)
}

function luaScript(images: readonly string[]): string {
  const events = images.map((image) => {
    const body = JSON.stringify({ image, tag: '1.0.0' })
    return `{[[${body}]], "sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}"},`
  })
  return `
local events = {\n${events.join('\n')}\n}
local requests = {}
local at = 0
function init()
  for index, event in ipairs(events) do
    local headers = { ["Content-Type"] = "application/json", ["X-Signature"] = event[2] }
    requests[index] = wrk.format("POST", nil, headers, event[1])
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function delay()
  return ${BETWEEN_MS}
end
`
}
