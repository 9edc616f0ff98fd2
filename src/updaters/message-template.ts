import { groupBy } from '../group-by.js'
import type { Provenance } from '../image/description.js'
import { formatInstant } from '../policies/time-text.js'
import { oneLine } from '../telemetry/one-line.js'
import { compileMessageTemplate, TemplateError } from '../template.js'
import { briefest, type Change, type MessageTemplate, summaryOf } from './commit-message.js'

/** Reads a template. `git` is the name of the repository in the policy file. Throws `TemplateError`. */
export function messageTemplate(text: string, git: string, branch: string): MessageTemplate {
  const template = compileMessageTemplate(text)
  const names = trailerNamesIn(text)

  return {
    render(changes, provenance) {
      const values = { git, branch, summary: oneLine(summaryOf(changes)), ...listsOf(changes, provenance) }
      try {
        return template.render(values)
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error
        const message = `Cannot write the message of a commit to "${branch}" of "${git}": ${error.message}`
        throw new TemplateError(error.code, message, { cause: error })
      }
    },
    isTrailers: (lines) => lines.every((line) => names.has(/^([a-z0-9-]+):/i.exec(line)?.[1]?.toLowerCase() ?? '')),
  }
}

/** Source: git-interpret-trailers(1). */
function trailerNamesIn(text: string): ReadonlySet<string> {
  const found = text.matchAll(/(?:^|%\})([a-z0-9-]+): /gim)
  return new Set([...found].flatMap(([, name]) => name?.toLowerCase() ?? []))
}

// Each value is a line at most, so that a template can rely on the lines that it makes.
function listsOf(changes: readonly Change[], provenance: ReadonlyMap<string, Provenance>) {
  const listed = changes.map((change) => {
    const { revision, createdAt } = provenance.get(change.policy) ?? {}
    return {
      ...lined(change),
      revision: revision ?? null,
      createdAt: createdAt === undefined ? null : formatInstant(createdAt),
    }
  })
  const policies = [...groupBy(changes, ({ policy }) => policy).values()].flatMap((group) => {
    const change = briefest(group)
    if (change === undefined) return []
    const { policy: name, image, from, to } = lined(change)
    return { name, image, from, to }
  })
  return { changes: listed, policies }
}

function lined({ policy, image, file, line, from, to }: Change): Change {
  return {
    policy: oneLine(policy),
    image: oneLine(image),
    file: oneLine(file),
    line,
    from: oneLine(from),
    to: oneLine(to),
  }
}
