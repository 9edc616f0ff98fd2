import type { Configuration } from '../config/configuration.js'
import type { LoadOptions } from '../config/load.js'

/** A command as the list of commands shows it. */
export interface ListedCommand {
  readonly name: string
  /** One line. */
  readonly summary: string
  /** What may stand behind the name, for the usage line. */
  readonly operands?: string
  /** Loads what it takes and does. */
  load(): Promise<Command>
}

/** What one command takes and does. */
export interface Command {
  /** Options beyond those that every command takes. */
  readonly options?: Readonly<Record<string, Option>>
  /** Returns the exit code. Throws `UsageError`, `ConfigError`, or any error of ours; whoever calls prints it. */
  run(invocation: Invocation): Promise<number>
}

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly summary: string
  /** What stands for the value in the help. */
  readonly value?: string
}

/** What a person asked for. */
export interface Arguments {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  /** The policy files or folders. */
  readonly config: readonly string[]
  readonly output: 'text' | 'json'
  readonly verbosity: 'quiet' | 'normal' | 'verbose'
}

/** What a person asked for, and the world in which to do it. */
export interface Invocation extends Arguments {
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when the process must stop: a first signal. */
  readonly signal: AbortSignal
  /** Whether a person watches standard output. */
  readonly printsToTerminal: boolean
  /** Standard output. */
  readonly print: (text: string) => void
  /** Standard error. */
  readonly tell: (text: string) => void
  /** Whether a person watches standard error. */
  readonly interactive: boolean
  /** Reads the policy file. Throws `ConfigError`. */
  readonly load: (options?: Omit<LoadOptions, 'env'>) => Promise<Configuration>
}

export const EXIT = { done: 0, failed: 1, usage: 2, differs: 3 } as const
