import { spawnSync } from 'node:child_process'
import { type RegistryPart, startDockerRegistry } from './docker-registry.js'
import { type InProcessRegistryOptions, startInProcessRegistry } from './in-process-registry.js'

/** Debian's registry where it is installed, or else ours in this process, which passes the same conformance suite. */
export function startAnyRegistry(options: InProcessRegistryOptions = {}): Promise<RegistryPart> {
  const installed = spawnSync('docker-registry', ['--version']).error === undefined
  return installed ? startDockerRegistry(options) : startInProcessRegistry(options)
}
