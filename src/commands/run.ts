import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import type { Configuration } from '../config/configuration.js'
import { startReload } from '../config/reload.js'
import { reasonOf } from '../error.js'
import { systemClock } from '../lifecycle/clock.js'
import { followGitPolicies } from '../parts/git-policies.js'
import { ROLES, type Role, type ServiceOptions, startService } from '../service.js'
import { createEvents } from '../telemetry/events.js'
import { createLogger, type Logger } from '../telemetry/logger.js'
import { createMetrics } from '../telemetry/metrics.js'
import { type Redaction, redaction } from '../telemetry/redaction.js'
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
    const { version } = invocation
    const role = roleOf(invocation)
    const port = portOf(invocation)
    for (const flag of HEAP_FLAGS) setFlagsFromString(flag)
    const local = await invocation.load()
    if (role !== 'all' && local.queue === undefined) {
      throw new UsageError(
        `Cannot run with --role ${role}: the policy file names no queue.redis for the roles to share`,
      )
    }
    const secrets = redaction(local.secrets)
    const logger = loggerOf(invocation, secrets)
    const metrics = createMetrics(version)
    const events = createEvents(logger, metrics, systemClock.now)
    const served = (read: Configuration): Configuration => {
      const { host = read.server.host } = invocation.options
      return { ...read, server: { ...read.server, host: String(host), port: port ?? read.server.port } }
    }
    const options = {
      role,
      logger,
      metrics,
      redaction: secrets,
      clock: systemClock,
      random: Math.random,
      events,
      version,
    }
    await serve(local, served, invocation, options)
    return EXIT.done
  },
}

interface Process extends ServiceOptions {
  readonly logger: Logger
}

/** Runs until the signal, by what the policy files and the policies in Git say meanwhile. */
async function serve(
  local: Configuration,
  served: (read: Configuration) => Configuration,
  { load: read, signal }: Invocation,
  options: Process,
): Promise<void> {
  const { events, logger, clock } = options
  let onNews = () => {}
  const policies = followGitPolicies({ ...options, onNews: () => onNews() })
  try {
    const load = () => policies.load((sources) => read({ sources }))
    await policies.follow(local)
    const { configuration, refused } = local.policiesFrom.length === 0 ? { configuration: local } : await load()
    for (const warning of configuration.warnings) logger.warn(warning)
    const service = await startService(served(configuration), { ...options, onPush: policies.pushed })

    const onRefused = (error: unknown) => {
      events.configRefused({ reason: reasonOf(error) })
      service.refuse(reasonOf(error))
    }
    const apply = async (newer: Configuration) => {
      const { needRestart } = await service.apply(served(newer))
      for (const warning of newer.warnings) logger.warn(warning)
      if (needRestart.length > 0) logger.warn(NEEDS_RESTART, { settings: needRestart })
      events.configApplied({ policies: newer.policies.map(({ name }) => name) })
      policies.follow(newer).catch(onRefused)
    }
    if (refused !== undefined) onRefused(refused)
    const reload = startReload(configuration, { load, apply, onRefused, clock })
    onNews = reload.now
    process.on('SIGHUP', reload.now)
    if (!signal.aborted) await once(signal, 'abort')
    events.stopping(String(signal.reason))
    await reload.stop()
    await service.stop()
  } finally {
    await policies.stop()
  }
}

const NEEDS_RESTART = 'Some settings of the policy file are taken at the next start only, the others are in force'

/**
 * Where a machine has much memory, V8 lets garbage grow to several times what is in use, and keeps much of that room for good.
 * These make it collect when the heap has grown by 60 %; by the 30 % that come with the first of them, it would take
 * a tenth more CPU time. They count from when they are set, so that no wrapper has to start Node.
 */
const HEAP_FLAGS = ['--optimize-for-size', '--heap-growing-percent=60']

const LEVELS = { quiet: 'error', normal: 'info', verbose: 'debug' } as const

function loggerOf({ interactive, output, verbosity, tell }: Invocation, { redact }: Redaction): Logger {
  const format = interactive && output === 'text' ? 'human' : 'json'
  return createLogger({ format, level: LEVELS[verbosity], redact, write: tell })
}

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
