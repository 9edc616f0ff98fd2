import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import type { Configuration } from './configuration.js'
import { ConfigError } from './errors.js'
import { watchFiles } from './watch.js'

export interface ReloadOptions {
  /** Reads the policy files as they are now, or what is in order of them: `refused` says what is not. Throws `ConfigError`. */
  readonly load: () => Promise<{ readonly configuration: Configuration; readonly refused?: ConfigError }>
  /** Makes it be in force. What it throws counts as a refusal. */
  readonly apply: (configuration: Configuration) => Promise<void>
  readonly onRefused: (error: unknown) => void
  readonly clock: Clock
}

export interface Reload extends Component {
  /** Reads the files now, whether they have changed or not. */
  now(): void
}

/**
 * Reads the policy files again when they change, those included that they name, and applies them. Refused ones change nothing,
 * and are read again once they change. One is read and applied after the other.
 */
export function startReload(first: Configuration, { load, apply, onRefused, clock }: ReloadOptions): Reload {
  const files = watchFiles(first.files, { clock, onChange: now })
  let working: Promise<void> | undefined
  let inForce = first
  let isWanted = false
  let stopped = false

  return {
    now,
    async stop() {
      stopped = true
      await files.stop()
      await working
    },
  }

  function now() {
    isWanted = true
    working ??= work().finally(() => {
      working = undefined
    })
  }

  async function work() {
    while (isWanted && !stopped) {
      isWanted = false
      await read()
    }
  }

  async function read() {
    try {
      const { configuration, refused } = await load()
      files.take(configuration.files)
      const isNews = refused === undefined || !isDeepStrictEqual(configuration, inForce)
      if (isNews && !stopped) await apply(configuration)
      inForce = configuration
      if (refused !== undefined) onRefused(refused)
    } catch (error) {
      // What is missing may come without a change of anything that the configuration in force names.
      if (error instanceof ConfigError) files.take(error.files)
      onRefused(error)
    }
  }
}
