import { GitError } from './errors.js'
import type { ObjectSource } from './object-source.js'
import type { Timed } from './operations.js'
import type { References, ServerAbilities } from './references.js'

/** How a repository is read, and why so. */
export interface EngineChoice {
  /** `wire` is our own for servers with protocol version 2, `isomorphic` takes every server. */
  readonly engine: 'wire' | 'isomorphic'
  readonly reason: string
}

export interface Engines {
  wire(canFilter: boolean): ObjectSource
  isomorphic(): Promise<ObjectSource>
}

/** Chooses the engine by what the server can do, when it is first looked at. */
export function chosenSource(
  references: Pick<References, 'abilities'>,
  engines: Engines,
  timed: Timed,
  onEngine: ((choice: EngineChoice) => void) | undefined,
): ObjectSource {
  let chosen: ObjectSource | undefined

  function source(): ObjectSource {
    if (chosen === undefined) throw new GitError('STATE', 'branch has not been looked at yet', { retryable: true })
    return chosen
  }

  return {
    async look(branch, signal, levels) {
      if (chosen === undefined) {
        const choice = choose(await timed('capabilities', signal, () => references.abilities(signal)))
        chosen = choice.engine === 'wire' ? engines.wire(choice.canFilter) : await engines.isomorphic()
        onEngine?.({ engine: choice.engine, reason: choice.reason })
      }
      return chosen.look(branch, signal, levels)
    },
    read: async (oid, type, signal, levels) => source().read(oid, type, signal, levels),
    history: async (snapshot, options) => source().history(snapshot, options),
    readBlobs: (oids, signal) => source().readBlobs(oids, signal),
    keep: async (branch, commit, objects) => source().keep(branch, commit, objects),
  }
}

function choose({ version, fetch }: ServerAbilities): EngineChoice & { readonly canFilter: boolean } {
  const canFilter = fetch.includes('filter')
  if (version !== 2) return { engine: 'isomorphic', canFilter, reason: 'server has no protocol version 2' }
  if (!fetch.includes('shallow'))
    return { engine: 'isomorphic', canFilter, reason: 'server cannot leave out the history' }
  const reason = canFilter ? 'server leaves out files on demand' : 'server sends every file: it takes no filter'
  return { engine: 'wire', canFilter, reason }
}
