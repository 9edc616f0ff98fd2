import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { systemClock } from '../../src/lifecycle/clock.js'
import { createPools } from '../../src/net/pools.js'
import { eventually } from '../parts/eventually.js'

it('does not keep connections for long to where a server has sent us', async () => {
  const server = http.createServer({ keepAliveTimeout: 600_000 }, (_, response) => response.end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const pools = createPools({
    routeTo: () => ({ origin }),
    proxies: { except: '' },
    clock: systemClock,
    tunnelMs: 1_000,
  })
  const agentFor = (reach?: 'loopback') => pools.agentFor('registry.example.com', { url: new URL(origin), reach }).agent
  const idle = () => [agentFor('loopback'), agentFor()].map((agent) => Object.values(agent.freeSockets).flat().length)
  for (const agent of [agentFor('loopback'), agentFor()]) http.get(origin, { agent }, (response) => response.resume())

  await eventually('both are kept', () => idle().join() === '1,1')
  await eventually('one is closed', () => idle().join() === '0,1')
  pools.stop()
  server.close()
})
