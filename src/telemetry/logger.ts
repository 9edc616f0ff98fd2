import { pino } from 'pino'
import { oneLine } from './one-line.js'

/** One record per call: a sentence, and fields that a program reads. */
export interface Logger {
  /** Fields that take work to find are asked for where they are written. */
  debug(message: string, fields?: Fields | (() => Fields)): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

export type Fields = Readonly<Record<string, unknown>>

export interface LoggerOptions {
  /** `json`: one JSON object a line. `human`: a line for a terminal. */
  readonly format: 'json' | 'human'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** Takes out of a line what must never leave the process. */
  readonly redact: (text: string) => string
  readonly write: (line: string) => void
}

export function createLogger(options: LoggerOptions): Logger {
  const { redact } = options
  const print = options.format === 'json' ? redact : (line: string) => redact(human(line))
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    { write: (line) => options.write(print(line)) },
  )
  return {
    debug: (message, fields = {}) => {
      if (log.isLevelEnabled('debug')) log.debug(typeof fields === 'function' ? fields() : fields, message)
    },
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  }
}

function human(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line)
  const details = Object.entries(fields)
    .map(([name, value]) => `${name}=${oneLine(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(' ')
  const moment = String(time).slice(11, 19)
  return `${moment} ${String(level).toUpperCase().padEnd(5)} ${oneLine(message)}${details === '' ? '' : `  ${details}`}\n`
}
