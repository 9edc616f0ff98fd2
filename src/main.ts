#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArguments, usageOf, usageOfAll } from './commands/arguments.js'
import { EXIT } from './commands/command.js'
import { COMMANDS } from './commands/commands.js'
import { UsageError } from './commands/errors.js'
import { ConfigError } from './config/errors.js'
import { loadAside } from './config/load-aside.js'
import { reasonOf } from './error.js'

const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

// Whoever reads may be gone, as `head` soon is: the work in hand goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--version') return answer(`${version}\n`)
  if (name === '--help' || name === '-h' || name === 'help') return answer(usageOfAll(COMMANDS))
  try {
    const listed = COMMANDS.find((known) => known.name === name)
    if (listed === undefined) throw new UsageError(unknown(name))
    const command = { ...listed, ...(await listed.load()) }
    const given = parseArguments(args, command)
    if (given.help) return answer(usageOf(command))
    return await command.run({
      ...given,
      version,
      env: process.env,
      signal: stopSignal(),
      printsToTerminal: process.stdout.isTTY === true,
      print: (text) => process.stdout.write(text),
      tell: (text) => process.stderr.write(text),
      interactive: process.stderr.isTTY === true,
      load: (options) => loadAside(given.config, { ...options, env: process.env }),
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
  return name === undefined
    ? `Cannot run: name a command, one of ${names}`
    : `Cannot run "${name}": expected one of ${names}`
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
