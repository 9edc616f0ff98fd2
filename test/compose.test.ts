import assert from 'node:assert/strict'
import { access, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadConfiguration } from '../src/config/load.js'

interface Service {
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: readonly string[]
}

const compose: { readonly services: Readonly<Record<string, Service>>; readonly volumes: object } =
  await yamlOf('docker-compose.yml')
const services = Object.entries(compose.services)

test('every mounted file and named volume exists', async () => {
  const volumes = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
  const files = volumes.filter((source) => source.startsWith('./'))
  assert.ok(files.length >= 3)
  for (const file of files) await access(file)
  const named = volumes.filter((source) => !source.startsWith('./'))
  assert.deepEqual(named.toSorted(), Object.keys(compose.volumes).toSorted())
})

test('nothing is reachable from other machines', () => {
  for (const port of services.flatMap(([, { ports = [] }]) => ports)) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
})

test('the policy file loads, and names services that exist', async () => {
  const tidemark = compose.services.tidemark
  const configuration = await loadConfiguration(['config/compose/tidemark.yaml'], { env: { ...tidemark?.environment } })
  const hosts = [
    new URL(configuration.git.fleet?.url ?? '').hostname,
    new URL(configuration.queue?.redis ?? '').hostname,
    ...Object.keys(configuration.registries).map((host) => host.split(':')[0]),
  ]
  assert.deepEqual(hosts.toSorted(), tidemark?.depends_on?.toSorted())
  assert.ok(tidemark?.ports?.some((port) => port.endsWith(`:${configuration.server.port}`)))
  assert.ok(tidemark?.volumes?.includes(`state:${configuration.state}`))
})

test('the registry sends its notifications where they are understood', async () => {
  const [endpoint] = (await yamlOf('config/compose/registry.yaml')).notifications.endpoints
  const { WEBHOOK_SECRET } = compose.services.tidemark?.environment ?? {}
  assert.deepEqual(endpoint.headers.Authorization, [`Bearer ${WEBHOOK_SECRET}`])

  const policyFile = await yamlOf('config/compose/tidemark.yaml')
  const [name] = Object.keys(policyFile.webhooks)
  assert.equal(endpoint.url, `http://tidemark:${policyFile.server.port}/webhooks/${name}`)
  assert.equal(policyFile.webhooks[name ?? ''].sender, 'distribution')
  assert.ok(policyFile.webhooks[name ?? ''].registry in policyFile.registries)
})

test('Prometheus asks Tidemark', async () => {
  const policyFile = await yamlOf('config/compose/tidemark.yaml')
  const prometheus = await yamlOf('config/compose/prometheus.yml')
  assert.deepEqual(prometheus.scrape_configs[0].static_configs[0].targets, [`tidemark:${policyFile.server.port}`])
})

test('what the image is built from exists and is sent to the builder', async () => {
  const ignore = (await readFile('.dockerignore', 'utf8')).split('\n')
  assert.equal(ignore[0], '*')
  const copies = (await readFile('Dockerfile', 'utf8')).matchAll(/^COPY (?!--from)(.*) \S+$/gm)
  const sources = [...copies].flatMap(([, names = '']) => names.split(' '))
  assert.ok(sources.length > 0)
  for (const source of sources) {
    await access(source)
    assert.ok(ignore.includes(`!${source}`), source)
  }
})

async function yamlOf(path: string) {
  return parse(await readFile(path, 'utf8'))
}
