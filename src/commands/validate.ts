import type { Configuration } from '../config/configuration.js'
import { ConfigError } from '../config/errors.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { tellWarnings } from './warnings.js'

/** Checks the policy file, whole, without asking any registry or Git server. */
export const validate: Command = {
  options: {
    policies: { type: 'boolean', summary: 'the files are those that a policiesFrom elsewhere names' },
  },
  async run(invocation) {
    return invocation.output === 'json' ? validateAsJson(invocation) : validateAsText(invocation)
  },
}

async function validateAsText(invocation: Invocation): Promise<number> {
  const { print, config, verbosity } = invocation
  const { policies, policiesFrom, git, warnings } = await loaded(invocation)
  tellWarnings(warnings, invocation)
  const counts = `${count(policies.length, 'policy', 'policies')}, ${count(Object.keys(git).length, 'Git repository', 'Git repositories')}`
  const elsewhere = policiesFrom.map((from) => `${from.git}:${from.path}`).join(', ')
  const more = elsewhere === '' ? '' : `, and the policies of ${elsewhere}, which were not read`
  if (verbosity !== 'quiet') print(`${config.join(', ')}: valid (${counts}${more})\n`)
  return EXIT.done
}

async function validateAsJson(invocation: Invocation): Promise<number> {
  const { print } = invocation
  try {
    const { policies, warnings } = await loaded(invocation)
    print(`${JSON.stringify({ valid: true, policies: policies.length, warnings, faults: [] })}\n`)
    return EXIT.done
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    print(`${JSON.stringify({ valid: false, warnings: [], faults: error.faults })}\n`)
    return EXIT.usage
  }
}

function loaded({ load, options }: Invocation): Promise<Configuration> {
  return load({ onlyPolicies: options.policies === true })
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
