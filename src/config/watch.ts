import { stat } from 'node:fs/promises'
import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'

export interface FileWatch extends Component {
  /** Watches these from now on: absolute paths of files and folders, which need not exist. */
  take(paths: readonly string[]): void
}

export interface FileWatchOptions {
  readonly clock: Clock
  /** Some of them changed, and have been as they are for one look since: whoever writes a file is probably done. */
  readonly onChange: () => void
}

const LOOK_MS = 1_000
/** More of them are looked at more seldom. */
const FILES_A_LOOK = 500

/**
 * Looks at files once a second, or more seldom where they are very many. Nothing is asked of the file system to tell of changes: it would not tell of those to the target
 * of a link, and a ConfigMap of Kubernetes changes by a link that is replaced two folders up.
 */
export function watchFiles(paths: readonly string[], { clock, onChange }: FileWatchOptions): FileWatch {
  let watched = [...new Set(paths)]
  // Of what was told last, and of the last look.
  let told = new Map<string, string>()
  let seen = new Map<string, string>()
  let cancel = () => {}
  let stopped = false
  let looking = begin()

  return {
    take(others) {
      watched = [...new Set(others)]
    },
    async stop() {
      stopped = true
      cancel()
      await looking
    },
  }

  async function begin() {
    told = seen = await statesOf(watched)
    rearm()
  }

  function rearm() {
    if (stopped) return
    cancel = clock.after(LOOK_MS * Math.max(1, watched.length / FILES_A_LOOK), () => {
      looking = look().then(rearm)
    })
  }

  async function look() {
    const now = await statesOf(watched)
    // What is watched only since the last look is as it was read.
    for (const [path, state] of now) if (!seen.has(path)) told.set(path, state)
    const isSettled = differing(now, seen).length === 0
    seen = now
    if (stopped || !isSettled || differing(now, told).length === 0) return
    told = now
    onChange()
  }
}

function differing(now: ReadonlyMap<string, string>, before: ReadonlyMap<string, string>): readonly string[] {
  return [...now].filter(([path, state]) => before.has(path) && before.get(path) !== state).map(([path]) => path)
}

async function statesOf(paths: readonly string[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await stateOf(path)] as const)))
}

/** Another file at the path, other bytes in it, or, of a folder, other names in it. Links are followed. */
async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
