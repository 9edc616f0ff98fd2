import type { HeldNotice, Notice, TroubleNotice, UpdatedNotice } from '../jobs/notices.js'
import { besideHeld } from '../telemetry/beside-state.js'
import { bold, code, type Line, plain, plainText, type Run, shown } from './runs.js'

/** One thing that a message tells: of a commit, what it changed for one policy. */
export interface Item {
  readonly type: Notice['type']
  readonly line: Line
  /** Null where there is none. */
  readonly policy: string | null
  readonly image: string | null
  readonly from: string | null
  readonly to: string | null
  readonly git: string | null
  readonly branch: string | null
  readonly commit: string | null
  readonly url: string | null
  readonly file: string | null
  readonly reason: string | null
}

/** What people read, whatever the target. */
export interface Told {
  readonly title: string
  /** The first of what happened. */
  readonly items: readonly Item[]
  /** How many there are beyond these. */
  readonly more: number
}

/** What a message tells, of `most` things at most. */
export function tell(notices: readonly Notice[], most: number): Told {
  const items = notices.flatMap(itemsOf)
  const omitted = notices.reduce((sum, notice) => sum + (notice.type === 'updated' ? (notice.omitted ?? 0) : 0), 0)
  const count = items.length + omitted
  return { title: titleOf(items, omitted), items: items.slice(0, most), more: Math.max(0, count - most) }
}

/** The lines of it, and how many things are not told. */
export function linesOf({ items, more }: Told): readonly Line[] {
  const lines = items.map(({ line }) => line)
  return more === 0 ? lines : [...lines, [plain(`and ${more} more`)]]
}

/** What is omitted are updates. */
function titleOf(items: readonly Item[], omitted: number): string {
  const [only, ...others] = items
  if (only !== undefined && others.length + omitted === 0) return shown(titleOfOne(only))
  const counts = TYPES.flatMap(({ type, words }) => {
    const found = items.filter((item) => item.type === type).length + (type === 'updated' ? omitted : 0)
    return found === 0 ? [] : [`${found} ${words}`]
  })
  return `Tidemark: ${counts.join(', ')}`
}

const TYPES = [
  { type: 'config-refused', words: 'policy file refused' },
  { type: 'failed', words: 'failed' },
  { type: 'held', words: 'held' },
  { type: 'updated', words: 'updated' },
  { type: 'recovered', words: 'recovered' },
] as const

function titleOfOne({ type, policy, to, line }: Item): string {
  if (type === 'updated' && policy !== null && to !== null) return `Updated ${policy} to ${to}`
  const subject = line[0]?.text ?? ''
  if (type === 'config-refused') return 'Policy file refused'
  if (type === 'recovered') return `Works again: ${subject}`
  return `${type === 'held' ? 'Held' : 'Failed'}: ${subject}`
}

const NOTHING = {
  policy: null,
  image: null,
  from: null,
  to: null,
  git: null,
  branch: null,
  commit: null,
  url: null,
  file: null,
  reason: null,
} as const

function itemsOf(notice: Notice): readonly Item[] {
  switch (notice.type) {
    case 'updated':
      return notice.changes.map((change) => updatedItem(notice, change))
    case 'held':
      return [heldItem(notice)]
    case 'config-refused': {
      const line = [bold('Policy file'), plain(` refused, the one before stays in force: ${listed(notice.reason)}`)]
      return [{ ...NOTHING, type: notice.type, line, reason: notice.reason }]
    }
    default:
      return [troubleItem(notice)]
  }
}

function updatedItem(
  notice: UpdatedNotice,
  { policy, image, file, from, to, places }: UpdatedNotice['changes'][number],
): Item {
  const { git, branch, commit, url } = notice
  const commitRun: Run = { ...code(commit.slice(0, 8)), ...(url !== undefined && { url }) }
  const line = [
    bold(policy),
    plain(' '),
    ...(from === '' ? [] : [code(from), plain(' → ')]),
    code(to),
    plain(`, ${shown(image)}, ${where(places, file)} of ${shown(git)} ${shown(branch)}, `),
    commitRun,
  ]
  return { ...NOTHING, type: 'updated', line, policy, image, from, to, git, branch, commit, url: url ?? null, file }
}

function heldItem({ policy, image, file, git, branch, current, desired, reason, places, state }: HeldNotice): Item {
  const [verb, why] = state === 'held' ? ['is held', besideHeld(reason)] : ['cannot be written', reason]
  const line = [
    bold(policy),
    plain(` ${verb} in ${where(places, file)} of ${shown(git)} ${shown(branch)}: ${shown(why)}`),
  ]
  const values = { policy, image, from: current, to: desired ?? null, git, branch, file, reason }
  return { ...NOTHING, ...values, type: 'held', line }
}

/** Faults of a policy file have a line each. */
function listed(reason: string): string {
  const [first = '', ...faults] = reason.split('\n')
  return shown(faults.length === 0 ? first : `${first}: ${faults.join('; ')}`)
}

function troubleItem(notice: TroubleNotice): Item {
  const { git = null, branch = null, repository = null, what, policies } = notice
  const [subject, couldNot] = {
    poll: [repository ?? '', 'could not be looked at'],
    update: [`${git} ${branch}`, 'could not be updated'],
    place: [policies.join(', '), `could not be written in ${git} ${branch}`],
    config: ['Policy file', 'was refused'],
  }[what] as [string, string]
  const common = { ...NOTHING, type: notice.type, git, branch, image: repository, policy: policies[0] ?? null }
  if (notice.type === 'recovered') return { ...common, line: [bold(subject), plain(' works again')] }
  const { reason } = notice
  return { ...common, reason, line: [bold(subject), plain(` ${couldNot}: ${listed(reason)}`)] }
}

function where(places: number, file: string): string {
  return places === 1 ? shown(file) : `${places} places such as ${shown(file)}`
}

/** What a template may name, each text made `safe` for the target. */
export function templateValues({ title, items, more }: Told, safe: (text: string) => string) {
  const orNull = (text: string | null) => (text === null ? null : safe(shown(text)))
  return {
    title: safe(title),
    count: items.length + more,
    more,
    notices: items.map(({ type, line, url, ...fields }) => ({
      type,
      text: safe(plainText([line.map(({ text }) => ({ text }))])),
      // An address is made of what a policy file and a commit have.
      url,
      ...mapped(fields, orNull),
    })),
  }
}

function mapped<Keys extends string>(
  fields: Readonly<Record<Keys, string | null>>,
  change: (text: string | null) => string | null,
): Record<Keys, string | null> {
  const result = {} as Record<Keys, string | null>
  for (const key of Object.keys(fields) as Keys[]) result[key] = change(fields[key])
  return result
}
