import { oneLine } from '../telemetry/one-line.js'
import { type Command, EXIT } from './command.js'
import { order, policyAndTag, SERVICE_OPTIONS } from './service-client.js'

/** Lifts holds of a running service, and what is held because somebody took it back. */
export const release: Command = {
  options: SERVICE_OPTIONS,
  async run(invocation) {
    const { policy, tag } = policyAndTag(invocation, 'release')
    const { released } = await order(invocation, policy, 'release', { tag })
    const { output, verbosity, print } = invocation
    if (output === 'json') print(`${JSON.stringify({ policy, ...(tag !== undefined && { tag }), released })}\n`)
    else if (verbosity !== 'quiet') {
      print(`${oneLine(`${policy}: ${released === true ? `${tag ?? 'every tag'} is released` : notHeld(tag)}`)}\n`)
    }
    return EXIT.done
  },
}

function notHeld(tag: string | undefined): string {
  return tag === undefined ? 'nothing was held' : `${tag} was not held`
}
