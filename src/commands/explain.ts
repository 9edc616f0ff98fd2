import type { Configuration } from '../config/configuration.js'
import { suggestion } from '../config/nearest.js'
import { isTag } from '../image/tag.js'
import { parseInstant } from '../policies/local-time.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { UsageError } from './errors.js'
import { type Explanation, explanationOf } from './explanation.js'
import { explanationText, tagText } from './explanation-text.js'
import { loadWhole } from './load-whole.js'
import { eachBranch, lookAtAll, type Pass } from './pass.js'
import { oddities } from './report.js'
import { tellWarnings } from './warnings.js'

/** Every tag with its verdict, and every place with its state. */
export const explain: Command = {
  options: {
    tag: { type: 'string', value: 'TAG', summary: 'why this tag is selected, or why it is not' },
    at: { type: 'string', value: 'TIME', summary: 'as it will be then, such as 2026-12-24T18:00 (default: now)' },
  },
  async run(invocation) {
    const at = timeOf(invocation)
    const tag = tagOf(invocation)
    const configuration = await loadWhole(invocation)
    const isChosen = chosenBy(invocation, configuration)
    return lookAtAll(
      invocation,
      configuration,
      async (pass) => {
        const explanations = await explainAll(pass, invocation, isChosen)
        const failed = explanations.some(({ error }) => error !== undefined)
        invocation.print(
          tag === undefined ? whole(explanations, invocation, at) : aboutTag(explanations, tag, invocation),
        )
        return failed ? EXIT.failed : EXIT.done
      },
      { at, chosen: (watch) => watch.policies.some(({ name }) => isChosen(name)) },
    )
  },
}

function whole(explanations: readonly Explanation[], { output }: Invocation, at = Date.now()): string {
  if (output === 'json') return `${JSON.stringify({ policies: explanations })}\n`
  return explanations.map((explanation) => explanationText(explanation, at)).join('\n')
}

function aboutTag(explanations: readonly Explanation[], tag: string, { output }: Invocation): string {
  if (output === 'text') return explanations.map((explanation) => tagText(explanation, tag)).join('')
  const policies = explanations.map((explanation) => ({
    ...explanation,
    tags: explanation.tags.filter((other) => other.tag === tag),
  }))
  return `${JSON.stringify({ policies })}\n`
}

async function explainAll(
  pass: Pass,
  invocation: Invocation,
  isChosen: (policy: string) => boolean,
): Promise<readonly Explanation[]> {
  const policies = [...pass.parts.watches.values()].flatMap((watch) => watch.policies)
  const chosen = policies.filter(({ name }) => isChosen(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const writing = new Set(chosen.flatMap(({ targets }) => targets.map(({ git }) => git)))
  const branches = await eachBranch(
    pass,
    invocation,
    async ({ target, plan }) => ({ target, plan: await plan(invocation.signal) }),
    (target) => writing.has(target.git),
  )
  tellWarnings(oddities(branches.done), invocation)
  const explanations: Explanation[] = []
  for (const policy of chosen) explanations.push(await explanationOf(policy, pass, branches))
  return explanations
}

function chosenBy({ operands }: Invocation, { policies }: Configuration): (policy: string) => boolean {
  const [only, ...more] = operands
  if (more.length > 0) throw new UsageError('Cannot explain: name one policy, or none for all')
  if (only !== undefined && !policies.some(({ name }) => name === only)) {
    const near = suggestion(
      only,
      policies.map(({ name }) => name),
    )
    throw new UsageError(`Cannot explain "${only}": there is no such policy${near}`)
  }
  return (name) => only === undefined || name === only
}

function tagOf({ options: { tag } }: Invocation): string | undefined {
  if (typeof tag !== 'string' || isTag(tag)) return tag === undefined ? undefined : String(tag)
  throw new UsageError(`Cannot explain --tag "${tag}": it is no tag`)
}

function timeOf({ options: { at } }: Invocation): number | undefined {
  if (at === undefined) return undefined
  const time = parseInstant(String(at))
  if (time === undefined) {
    throw new UsageError(`Cannot explain --at "${String(at)}": expected a time such as 2026-12-24T18:00 or 2026-12-24`)
  }
  return time
}
