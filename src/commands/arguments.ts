import { parseArgs } from 'node:util'
import { reasonOf } from '../error.js'
import type { Arguments, Command, ListedCommand, Option } from './command.js'
import { UsageError } from './errors.js'

const DEFAULT_CONFIG = 'tidemark.yaml'

const COMMON: Readonly<Record<string, Option>> = {
  config: {
    type: 'string',
    value: 'FILE',
    summary: `policy file or folder, may be repeated (default: ${DEFAULT_CONFIG})`,
  },
  output: { type: 'string', value: 'FORMAT', summary: 'text or json (default: text)' },
  quiet: { type: 'boolean', summary: 'errors only' },
  verbose: { type: 'boolean', summary: 'show every decision' },
  help: { type: 'boolean', summary: 'show this help' },
}

/** What is known of a command without running it. */
type Usage = Omit<ListedCommand, 'load'> & Pick<Command, 'options'>

/** Reads what stands behind a command's name. Throws `UsageError`. */
export function parseArguments(args: readonly string[], command: Usage): Arguments & { readonly help: boolean } {
  const { values, positionals } = parse(args, { ...COMMON, ...command.options })
  if (command.operands === undefined && positionals.length > 0) {
    throw new UsageError(`Cannot run "${command.name}": unexpected argument "${positionals[0]}"`)
  }
  const { config, output = 'text', quiet, verbose, help, ...options } = values
  if (output !== 'text' && output !== 'json') {
    throw new UsageError(`Cannot run "${command.name}": --output must be text or json, found "${String(output)}"`)
  }
  if (quiet === true && verbose === true) {
    throw new UsageError(`Cannot run "${command.name}": --quiet and --verbose exclude each other`)
  }
  return {
    operands: positionals,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, single(value)])),
    config: Array.isArray(config) ? config.map(String) : [DEFAULT_CONFIG],
    output,
    verbosity: quiet === true ? 'quiet' : verbose === true ? 'verbose' : 'normal',
    help: help === true,
  }
}

function parse(args: readonly string[], options: Readonly<Record<string, Option>>) {
  const known = Object.entries(options).map(
    ([name, { type }]) =>
      [name, { type, multiple: name === 'config', ...(name === 'help' && { short: 'h' }) }] as const,
  )
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(known), allowPositionals: true, strict: true })
  } catch (error) {
    const [sentence] = reasonOf(error).split('. ')
    throw new UsageError(`Cannot read the arguments: ${sentence}`)
  }
}

function single(value: unknown): string | boolean | undefined {
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined
}

/** The help of one command. */
export function usageOf(command: Usage): string {
  const rows = Object.entries({ ...command.options, ...COMMON }).map(
    ([name, option]) => [`--${name}${option.value === undefined ? '' : ` ${option.value}`}`, option.summary] as const,
  )
  const operands = command.operands === undefined ? '' : ` ${command.operands}`
  return `Usage: tidemark ${command.name}${operands} [options]\n\n${command.summary}\n\nOptions:\n${columns(rows)}`
}

/** The help of the program. */
export function usageOfAll(commands: readonly ListedCommand[]): string {
  const rows = commands.map(
    ({ name, operands, summary }) => [[name, operands].filter(Boolean).join(' '), summary] as const,
  )
  return `Usage: tidemark COMMAND [options]\n\nCommands:\n${columns(rows)}\n"tidemark COMMAND --help" shows a command's options; "tidemark --version" the version.\n`
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}
