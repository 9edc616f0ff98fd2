import { repositoryKey } from '../image/repository.js'
import type { Verdict } from '../policies/policy.js'
import { oneLine } from '../telemetry/one-line.js'
import type { JudgedPlace } from '../updaters/judge.js'
import type { UpdateTarget } from '../updaters/target.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { UsageError } from './errors.js'
import { eachBranch, type Failure, lookAtAll, type Pass } from './pass.js'
import { oddities } from './report.js'
import { tellWarnings } from './warnings.js'

/** Every tag with its verdict, and every place with its state. */
export const explain: Command = {
  async run(invocation) {
    const [only, ...more] = invocation.operands
    if (more.length > 0) throw new UsageError('Cannot explain: name one policy, or none for all')
    const configuration = await invocation.load()
    if (only !== undefined && !configuration.policies.some(({ name }) => name === only)) {
      throw new UsageError(`Cannot explain "${only}": there is no such policy`)
    }
    const isChosen = (name: string) => only === undefined || name === only
    return lookAtAll(
      invocation,
      configuration,
      async (pass) => {
        const explanations = await explainAll(pass, invocation, isChosen)
        const json = invocation.output === 'json'
        invocation.print(json ? `${JSON.stringify({ policies: explanations })}\n` : explanations.map(textOf).join('\n'))
        return explanations.some(({ error }) => error !== undefined) ? EXIT.failed : EXIT.done
      },
      (watch) => watch.policies.some(({ name }) => isChosen(name)),
    )
  },
}

interface Explanation {
  readonly policy: string
  readonly image: string
  readonly selected: string | null
  readonly digest?: string
  readonly tags: readonly Verdict[]
  readonly places: readonly ExplainedPlace[]
  readonly error?: string
}

interface ExplainedPlace extends Pick<JudgedPlace, 'file' | 'line' | 'current' | 'state' | 'reason'> {
  readonly git: string
  readonly branch: string
  readonly desired: string | null
}

async function explainAll(
  pass: Pass,
  invocation: Invocation,
  isChosen: (policy: string) => boolean,
): Promise<readonly Explanation[]> {
  const writing = new Set(
    [...pass.parts.watches.values()]
      .flatMap(({ policies }) => policies)
      .filter(({ name }) => isChosen(name))
      .flatMap(({ targets }) => targets.map(({ git }) => git)),
  )
  const branches = await eachBranch(
    pass,
    invocation,
    async ({ target, plan }) => ({ target, plan: await plan(invocation.signal) }),
    (target) => writing.has(target.git),
  )
  tellWarnings(oddities(branches.done), invocation)
  const places = branches.done.flatMap(({ target, plan }) => plan.places.map((place) => ({ target, place })))
  const failures = [...pass.failures, ...branches.failures]
  const explanations: Explanation[] = []
  for (const { name, image, repository, policy, targets } of policiesOf(pass, isChosen)) {
    const selection = await pass.selections.get(name)
    const error = failures.find((failure) => concerns(failure, name, targets))?.reason
    explanations.push({
      policy: name,
      image,
      selected: selection?.tag ?? null,
      ...(selection?.digest !== undefined && { digest: selection.digest }),
      tags: policy.judge(pass.tags.get(repositoryKey(repository)) ?? []),
      places: places.filter(({ place }) => place.policy === name).map(explainedPlace),
      ...(error !== undefined && { error }),
    })
  }
  return explanations
}

function policiesOf({ parts }: Pass, isChosen: (policy: string) => boolean) {
  const policies = [...parts.watches.values()].flatMap((watch) => watch.policies)
  return policies.filter(({ name }) => isChosen(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function concerns(failure: Failure, policy: string, targets: readonly { readonly git: string }[]): boolean {
  return failure.policy === policy || targets.some(({ git }) => git === failure.git)
}

function explainedPlace({ target, place }: { target: UpdateTarget; place: JudgedPlace }): ExplainedPlace {
  const { file, line, current, desired = null, state, reason } = place
  return { git: target.git, branch: target.branch, file, line, current, desired, state, reason }
}

function textOf({ policy, image, selected, digest, tags, places, error }: Explanation): string {
  const chosen =
    selected === null ? 'selects nothing' : `selects ${selected}${digest === undefined ? '' : ` (${digest})`}`
  const lines = [`${policy}: ${image} ${chosen}`]
  if (error !== undefined) lines.push(`  error: ${error}`)
  lines.push(...table(tags.map(({ tag, verdict, reason }) => [MARK[verdict], tag, verdict, reason])))
  lines.push(places.length === 0 ? '  no places' : '  places:')
  lines.push(
    ...table(
      places.map(({ git, file, line, current, desired, state, reason }) => [
        ' ',
        `${git} ${file}:${line}`,
        state,
        desired === null || desired === current ? current : `${current} → ${desired}`,
        reason,
      ]),
    ),
  )
  return `${lines.map(oneLine).join('\n')}\n`
}

const MARK: Readonly<Record<Verdict['verdict'], string>> = { selected: '*', eligible: ' ', rejected: ' ' }

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
