import { ConfigError } from '../config/errors.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { tellWarnings } from './warnings.js'

/** Checks the policy file, whole, without asking any registry or Git server. */
export const validate: Command = {
  async run(invocation) {
    return invocation.output === 'json' ? validateAsJson(invocation) : validateAsText(invocation)
  },
}

async function validateAsText(invocation: Invocation): Promise<number> {
  const { load, print, config, verbosity } = invocation
  const { policies, git, warnings } = await load()
  tellWarnings(warnings, invocation)
  const counts = `${count(policies.length, 'policy', 'policies')}, ${count(Object.keys(git).length, 'Git repository', 'Git repositories')}`
  if (verbosity !== 'quiet') print(`${config.join(', ')}: valid (${counts})\n`)
  return EXIT.done
}

async function validateAsJson({ load, print }: Invocation): Promise<number> {
  try {
    const { policies, warnings } = await load()
    print(`${JSON.stringify({ valid: true, policies: policies.length, warnings, faults: [] })}\n`)
    return EXIT.done
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    print(`${JSON.stringify({ valid: false, warnings: [], faults: error.faults })}\n`)
    return EXIT.usage
  }
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
