import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from '../lifecycle/clock.js'
import { ROLES, type Role, startService } from '../service.js'
import { createEvents } from '../telemetry/events.js'
import { createLogger } from '../telemetry/logger.js'
import { createMetrics } from '../telemetry/metrics.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { UsageError } from './errors.js'

/** The service: runs until a signal ends it. */
export const run: Command = {
  options: {
    host: { type: 'string', value: 'ADDRESS', summary: 'address to listen on (default: server.host)' },
    port: { type: 'string', value: 'PORT', summary: 'port to listen on (default: server.port)' },
    role: { type: 'string', value: 'ROLE', summary: `${ROLES.join(', ')} (default: all)` },
  },
  async run(invocation) {
    const { signal, version } = invocation
    const role = roleOf(invocation)
    const port = portOf(invocation)
    for (const flag of HEAP_FLAGS) setFlagsFromString(flag)
    const configuration = await invocation.load()
    if (role !== 'all' && configuration.queue === undefined) {
      throw new UsageError(
        `Cannot run with --role ${role}: the policy file names no queue.redis for the roles to share`,
      )
    }
    const logger = createLogger({
      format: invocation.interactive && invocation.output === 'text' ? 'human' : 'json',
      level: LEVELS[invocation.verbosity],
      secrets: configuration.secrets,
      write: invocation.tell,
    })
    for (const warning of configuration.warnings) logger.warn(warning)

    const metrics = createMetrics(version)
    const events = createEvents(logger, metrics, systemClock.now)
    const { host = configuration.server.host } = invocation.options
    const server = { ...configuration.server, host: String(host), port: port ?? configuration.server.port }
    const surroundings = { clock: systemClock, random: Math.random, events, version }
    const service = await startService({ ...configuration, server }, { ...surroundings, role, metrics })
    if (!signal.aborted) await once(signal, 'abort')
    events.stopping(String(signal.reason))
    await service.stop()
    return EXIT.done
  },
}

/**
 * Where a machine has much memory, V8 lets garbage grow to several times what is in use, and keeps much of that room for good.
 * These make it collect when the heap has grown by 60 %; by the 30 % that come with the first of them, it would take
 * a tenth more CPU time. They count from when they are set, so that no wrapper has to start Node.
 */
const HEAP_FLAGS = ['--optimize-for-size', '--heap-growing-percent=60']

const LEVELS = { quiet: 'error', normal: 'info', verbose: 'debug' } as const

function roleOf({ options }: Invocation): Role {
  const { role = 'all' } = options
  const known = ROLES.find((name) => name === role)
  if (known === undefined) throw new UsageError(`Cannot run with --role ${String(role)}: expected ${ROLES.join(', ')}`)
  return known
}

function portOf({ options: { port } }: Invocation): number | undefined {
  if (port === undefined) return undefined
  const number = Number(port)
  if (!/^\d{1,5}$/.test(String(port)) || number > 65_535) {
    throw new UsageError(`Cannot listen on --port ${String(port)}: expected a number from 0 to 65535`)
  }
  return number
}
