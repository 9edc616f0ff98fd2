import { tryParseDuration } from '../config/duration.js'
import { parseInstant } from '../policies/local-time.js'
import { oneLine } from '../telemetry/one-line.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { UsageError } from './errors.js'
import { order, policyAndTag, SERVICE_OPTIONS } from './service-client.js'

/** Sets a hold of a running service. */
export const hold: Command = {
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'why, in one line of up to 200 characters' },
    until: { type: 'string', value: 'WHEN', summary: 'such as 12h or 2026-12-24T18:00 (default: until released)' },
    ...SERVICE_OPTIONS,
  },
  async run(invocation) {
    const { policy, tag } = policyAndTag(invocation, 'hold')
    const { reason } = invocation.options
    if (reason === undefined) throw new UsageError('Cannot hold: say why by --reason')
    const until = untilOf(invocation)
    const held = await order(invocation, policy, 'hold', { tag, reason, until })
    if (invocation.output === 'json') invocation.print(`${JSON.stringify({ policy, ...held })}\n`)
    else if (invocation.verbosity !== 'quiet') {
      const end =
        typeof held.until === 'number' ? `until ${new Date(held.until).toISOString()}` : 'until it is released'
      invocation.print(`${oneLine(`${policy}: ${tag ?? 'every tag'} is held ${end}: ${String(held.reason)}`)}\n`)
    }
    return EXIT.done
  },
}

/** A time without a zone is one of this machine's clock, and not of the service's. */
function untilOf({ options: { until } }: Invocation): string | undefined {
  if (until === undefined) return undefined
  const text = String(until)
  if (tryParseDuration(text) !== undefined) return text
  const instant = parseInstant(text)
  if (instant !== undefined) return new Date(instant).toISOString()
  throw new UsageError(
    `Cannot hold --until "${text}": expected a time such as 2026-12-24T18:00, or a duration such as 12h`,
  )
}
