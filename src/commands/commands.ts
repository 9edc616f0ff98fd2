import type { ListedCommand } from './command.js'

/** Every command. Its module is loaded only when it is asked for: the libraries of a service take longer to load than most commands to run. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'run',
    summary: 'Run the service',
    load: async () => (await import('./run.js')).run,
  },
  {
    name: 'sync',
    summary: 'Make one full pass, then exit',
    load: async () => (await import('./sync.js')).sync,
  },
  {
    name: 'plan',
    summary: 'Show the diff that sync would commit; nothing is written',
    load: async () => (await import('./plan.js')).plan,
  },
  {
    name: 'explain',
    summary: 'Show every tag with its verdict and every place with its state',
    operands: '[POLICY]',
    load: async () => (await import('./explain.js')).explain,
  },
  {
    name: 'validate',
    summary: 'Check the policy file',
    load: async () => (await import('./validate.js')).validate,
  },
  {
    name: 'hold',
    summary: 'Keep a running service from writing a tag, or any tag, of a policy',
    operands: 'POLICY [TAG]',
    load: async () => (await import('./hold.js')).hold,
  },
  {
    name: 'release',
    summary: 'Lift holds of a running service, and of what somebody took back',
    operands: 'POLICY [TAG]',
    load: async () => (await import('./release.js')).release,
  },
]
