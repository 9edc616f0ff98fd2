#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArguments, usageOf, usageOfAll } from './commands/arguments.js'
import { type Command, EXIT } from './commands/command.js'
import { UsageError } from './commands/errors.js'
import { explain } from './commands/explain.js'
import { plan } from './commands/plan.js'
import { run } from './commands/run.js'
import { sync } from './commands/sync.js'
import { validate } from './commands/validate.js'
import { ConfigError } from './config/errors.js'
import { loadConfiguration } from './config/load.js'
import { reasonOf } from './error.js'

const COMMANDS: readonly Command[] = [run, sync, plan, explain, validate]

const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--version') return answer(`${version}\n`)
  if (name === '--help' || name === 'help') return answer(usageOfAll(COMMANDS))
  try {
    const command = COMMANDS.find((known) => known.name === name)
    if (command === undefined) throw new UsageError(unknown(name))
    const given = parseArguments(args, command)
    if (given.help) return answer(usageOf(command))
    return await command.run({
      ...given,
      version,
      env: process.env,
      signal: stopSignal(),
      print: (text) => process.stdout.write(text),
      tell: (text) => process.stderr.write(text),
      interactive: process.stderr.isTTY === true,
      load: () => loadConfiguration(given.config, { env: process.env }),
    })
  } catch (error) {
    process.stderr.write(`tidemark: ${reasonOf(error)}\n`)
    return error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.failed
  }
}

function answer(text: string): number {
  process.stdout.write(text)
  return EXIT.done
}

function unknown(name: string | undefined): string {
  const names = COMMANDS.map((command) => command.name).join(', ')
  return name === undefined ? `name a command: ${names}` : `Cannot run "${name}": expected one of ${names}`
}

/** A first signal asks to finish the work in hand, a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT.failed)
      stop.abort(name)
    })
  }
  return stop.signal
}
