import { type Overview, POLICY_STATES, type PolicyState, type PolicySummary } from '../../status/status.js'
import { commitLink } from './commits.js'
import { type Filter, type FilteredPolicies, filterPolicies, PAGE_SIZE, pathOf } from './filter.js'
import { type Html, html } from './html.js'
import { lookShown } from './looks.js'
import { reasonShown, STATE_WORDS, stateMark, stateShown } from './states.js'
import { table } from './table.js'
import { tideGauge } from './tide-gauge.js'
import { timeShown } from './times.js'
import { valuesShown } from './values.js'
import { warningList } from './warnings.js'

/** What a team sees at a glance, and the table of policies. */
export function overviewPage(overview: Overview, filter: Filter): Html {
  const { now, counts, policies } = overview
  const found = filterPolicies(policies, filter)
  return html`
<h1 class="sentence" aria-live="polite">${glance(counts)}</h1>
${tideGauge(counts)}
${tiles(counts, filter)}
${warningList(overview.warnings)}
<section aria-labelledby="policies">
<div class="bar"><h2 id="policies">Policies</h2>${searchForm(filter)}<p class="faint" id="found">${foundWords(found, policies.length)}</p></div>
${policyTable(found.rows, now, policies.length === 0 ? 'The policy file has no policies yet.' : 'No policy is like that.')}
${pager(found, filter)}
</section>
${beneath(overview)}`
}

/** One sentence: what needs somebody or waits, or else that all is well. */
export function glance(counts: Overview['counts']): string {
  const total = POLICY_STATES.reduce((sum, state) => sum + counts[state], 0)
  if (total === 0) return 'Nothing to follow yet'
  if (counts.current === total) return total === 1 ? 'The one policy follows' : `All ${number(total)} policies follow`
  const present = POLICY_STATES.filter((state) => counts[state] > 0)
  const urgent = present.filter((state) => URGENT.has(state))
  const clauses = (urgent.length > 0 ? urgent : present).map((state) => {
    const { one, many } = SENTENCE_WORDS[state]
    return `${number(counts[state])} ${counts[state] === 1 ? one : many}`
  })
  return `Of ${counted(total, 'policy', 'policies')}, ${LIST.format(clauses)}`
}

const URGENT: ReadonlySet<PolicyState> = new Set(['failing', 'held', 'pending'])
const LIST = new Intl.ListFormat('en-GB')

const SENTENCE_WORDS: typeof STATE_WORDS = {
  ...STATE_WORDS,
  held: { one: 'is held', many: 'are held' },
  watched: { one: 'is only watched', many: 'are only watched' },
  unknown: { one: 'has not been seen yet', many: 'have not been seen yet' },
}

/** The numbers, each of which shows what it counts. */
function tiles(counts: Overview['counts'], { text, state: chosen }: Filter): Html {
  const shown = TILES.filter((state) => counts[state] > 0 || ALWAYS.has(state) || state === chosen)
  return html`<nav class="tiles" aria-label="Policies by state"><ul>${shown.map((state) => {
    const isChosen = state === chosen
    const path = pathOf({ text, page: 1, ...(!isChosen && { state }) })
    return html`<li><a class="tile ${state}${counts[state] === 0 && ' none'}" href="${path}"${isChosen && html` aria-current="true"`}>
<span class="count">${number(counts[state])}</span><span class="word">${stateMark(state)}${STATE_WORDS[state].many}</span></a></li>`
  })}</ul></nav>`
}

/** From good to bad, as they are asked for. */
const TILES: readonly PolicyState[] = ['current', 'pending', 'held', 'failing', 'watched', 'unknown']
const ALWAYS: ReadonlySet<PolicyState> = new Set(['current', 'pending', 'held', 'failing'])

function searchForm({ text, state }: Filter): Html {
  return html`<form class="search" role="search" action="/" method="get" data-search>
<label class="unseen" for="q">Name or image</label>
<input id="q" type="search" name="q" value="${text}" placeholder="Name or image" autocomplete="off" spellcheck="false">
${state !== undefined && html`<input type="hidden" name="state" value="${state}">`}
<button>Search</button>
</form>`
}

function foundWords({ total }: FilteredPolicies, all: number): string {
  return total === all ? `${number(all)} in all` : `${number(total)} of ${number(all)}`
}

function policyTable(rows: readonly PolicySummary[], now: number, empty: string): Html {
  return table<PolicySummary>({
    caption: 'Policies, the worst first',
    columns: [
      { title: 'Policy', cell: policyCell },
      { title: 'In Git → selected', cell: choiceCell },
      { title: 'State', cell: ({ state, reason }) => html`${stateShown(state)} ${reasonShown(reason)}` },
      { title: 'Last look', isExtra: true, cell: ({ lastLook }) => lookShown(lastLook, now) },
      { title: 'Last commit', isExtra: true, cell: (policy) => commitCell(policy, now) },
    ],
    rows,
    keyOf: ({ name }) => name,
    empty,
  })
}

function policyCell({ name, image }: PolicySummary): Html {
  return html`<a href="/policies/${encodeURIComponent(name)}">${name}</a> <span class="image">${image}</span>`
}

/** One value where Git has what is selected. */
function choiceCell({ current, selected, places }: PolicySummary): Html {
  if (places === 0) return valuesShown(selected, 'nothing')
  // A digest may be pinned behind the tag.
  const isReached = current.length === 1 && selected.length === 1 && current[0]?.split('@', 1)[0] === selected[0]
  if (isReached) return valuesShown(current)
  return html`${valuesShown(current)} <span class="arrow" aria-label="to">→</span> ${valuesShown(selected, 'nothing')}`
}

function commitCell({ lastCommit }: PolicySummary, now: number): Html {
  if (lastCommit === undefined) return html`<span class="faint">—</span>`
  return html`${commitLink(lastCommit)} <span class="when">${timeShown(lastCommit.at, now)}</span>`
}

function pager({ page, pages, total }: FilteredPolicies, filter: Filter): Html | false {
  if (pages === 1) return false
  const link = (to: number, words: string, rel: string) =>
    to >= 1 && to <= pages
      ? html`<a href="${pathOf({ ...filter, page: to })}" rel="${rel}">${words}</a>`
      : html`<span class="faint">${words}</span>`
  const first = (page - 1) * PAGE_SIZE + 1
  return html`<nav class="pager" aria-label="Pages">${link(page - 1, 'Previous', 'prev')}
<span>${number(first)} to ${number(Math.min(total, page * PAGE_SIZE))} of ${number(total)}</span>
${link(page + 1, 'Next', 'next')}</nav>`
}

/** What policies rest on, in a word each. */
function beneath({ registries, branches, queues, now }: Overview): Html {
  const resting = registries.filter(({ restUntil = 0 }) => restUntil > now).length
  const failing = registries.filter((registry) => registry.failing > 0).length
  // A repository that is not there is its policy's affair.
  const isAway = registries.some((registry) => registry.failing === registry.repositories)
  const refused = branches.filter(({ failure }) => failure !== undefined).length
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting + queue.active, 0)
  const pushes = branches.flatMap(({ lastPush }) => lastPush?.at ?? [])
  const lastPush = pushes.length === 0 ? undefined : Math.max(...pushes)
  const items: readonly (readonly [path: string, title: string, words: Html, isBad: boolean])[] = [
    [
      '/registries',
      counted(registries.length, 'registry', 'registries'),
      html`${failing === 0 ? 'all answer' : `${failing} with failures`}${resting > 0 && `, ${resting} left alone`}`,
      resting > 0 || isAway,
    ],
    [
      '/branches',
      counted(branches.length, 'branch', 'branches'),
      html`${refused > 0 ? `${refused} failing` : lastPush === undefined ? 'nothing pushed yet' : html`pushed ${timeShown(lastPush, now)}`}`,
      refused > 0,
    ],
    [
      '/queues',
      counted(queues.length, 'queue', 'queues'),
      html`${waiting === 0 ? 'at rest' : `${number(waiting)} in hand`}`,
      false,
    ],
  ]
  return html`<section class="beneath" aria-label="What policies rest on"><ul>${items.map(
    ([path, title, words, isBad]) =>
      html`<li><a href="${path}"${isBad && html` class="bad"`}>${isBad && stateMark('failing')}<strong>${title}</strong> <span>${words}</span></a></li>`,
  )}</ul></section>`
}

function counted(count: number, one: string, many: string): string {
  return `${number(count)} ${count === 1 ? one : many}`
}

function number(count: number): string {
  return count.toLocaleString('en')
}
