import { createTurns, type Turns } from '../../../lifecycle/turns.js'
import { type ConnectOptions, connectSsh, type SshConnection, type SshTarget } from './ssh-connection.js'
import { type Lane, openLane, type RemoteCommand, type RemoteProgram } from './ssh-lane.js'

/** Runs programs at servers, with one connection to each for all repositories that log in there in the same way. */
export interface SshHosts {
  run(target: SshTarget, command: RemoteCommand, signal: AbortSignal): Promise<RemoteProgram>
}

export type SshHostsOptions = Omit<ConnectOptions, 'signal'>

export function sshHosts(options: SshHostsOptions): SshHosts {
  const lanes = new Map<string, Lane>()
  const logins = new Map<string, Turns>()

  function laneTo(target: SshTarget): { readonly lane: Lane; readonly isNew: boolean } {
    const key = JSON.stringify(target)
    const kept = lanes.get(key)
    if (kept?.isUsable()) return { lane: kept, isNew: false }
    kept?.end()
    const lane = openLane((signal) => logIn(target, signal), options, forget)
    lanes.set(key, lane)
    return { lane, isNew: true }

    function forget(closed: Lane): void {
      if (lanes.get(key) === closed) lanes.delete(key)
    }
  }

  async function logIn(target: SshTarget, signal: AbortSignal): Promise<SshConnection> {
    const server = `${target.host}:${target.port}`
    const turns = logins.get(server) ?? createTurns(() => MAX_LOGINS)
    logins.set(server, turns)
    const leave = await turns.take(signal)
    return connectSsh(target, { ...options, signal }).finally(leave)
  }

  return {
    async run(target, command, signal) {
      const { lane, isNew } = laneTo(target)
      try {
        return await lane.run(command, signal)
      } catch (thrown) {
        // A server may have ended a kept connection unnoticed. Nothing was sent on it yet.
        if (isNew || lane.isUsable() || signal.aborted) throw thrown
        return laneTo(target).lane.run(command, signal)
      }
    },
  }
}

/** Repositories with keys of their own, at one server. Half of what sshd_config(5), `MaxStartups`, has before it drops any by chance. */
const MAX_LOGINS = 5
