import type { PlaceStatus, PolicyStatus, TagStatus } from '../../status/status.js'
import { commitLink, commitList } from './commits.js'
import type { Viewer } from './document.js'
import { type Html, html } from './html.js'
import { lookShown } from './looks.js'
import { type FormState, holdList, policyForms } from './policy-forms.js'
import { reasonShown, stateShown } from './states.js'
import { table } from './table.js'
import { timeShown } from './times.js'
import { valueShown, valuesShown } from './values.js'

export interface PolicyPageOptions {
  readonly policy: PolicyStatus
  readonly now: number
  readonly viewer: Viewer
  readonly form: FormState
}

/** All that is known of one policy: what it selects and why, where it stands, and what became of it. */
export function policyPage({ policy, now, viewer, form }: PolicyPageOptions): Html {
  const due = policy.placesFound.filter(isDue)
  return html`
<p class="crumb"><a href="/">Policies</a></p>
<h1>${policy.name}</h1>
<p class="image">${policy.image}</p>
<p class="verdict" aria-live="polite">${stateShown(policy.state)} ${reasonShown(policy.reason)}</p>
${facts(policy, now)}
${policyForms(policy, viewer, form)}
${policy.holds.length > 0 && html`<section aria-labelledby="holds"><h2 id="holds">Holds</h2>${holdList(policy, viewer, now)}</section>`}
${due.length > 0 && html`<section aria-labelledby="diff"><h2 id="diff">What is to be written</h2>${pendingDiff(due)}</section>`}
<section aria-labelledby="places"><h2 id="places">Places</h2>${placeTable(policy, now)}</section>
<section aria-labelledby="tags"><h2 id="tags">Tags</h2>${tagTable(policy, now)}</section>
<section aria-labelledby="history"><h2 id="history">History</h2>${
    policy.history.length === 0
      ? html`<p class="empty">Nothing has been committed for it yet.</p>`
      : commitList(policy.history, now)
  }</section>`
}

function facts({ current, selected, places, lastLook, lastCommit }: PolicyStatus, now: number): Html {
  const commit = lastCommit && html`${commitLink(lastCommit)} ${timeShown(lastCommit.at, now)}`
  const rows: readonly (readonly [string, Html])[] = [
    ['In Git', places === 0 ? html`<span class="faint">no place</span>` : valuesShown(current)],
    ['Selected', valuesShown(selected, 'nothing')],
    ['Last look', lookShown(lastLook, now)],
    ['Last commit', commit ?? html`<span class="faint">none</span>`],
  ]
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

function isDue({ state, current, desired }: PlaceStatus): boolean {
  return state === 'pending' && desired !== null && desired !== current
}

const MOST_SHOWN = 200

/** The values as they stand and as they will be, by file. */
function pendingDiff(places: readonly PlaceStatus[]): Html {
  const lines = places.slice(0, MOST_SHOWN).map(
    (place) => html`<div class="change" data-key="${keyOf(place)}"><p class="file"><code>${where(place)}</code></p>
<p><del><span class="unseen">from </span>${valueShown(place.current)}</del></p>
<p><ins><span class="unseen">to </span>${valueShown(place.desired ?? '')}</ins></p></div>`,
  )
  return html`<div class="diff">${lines}</div>${leftOut(places.length, 'place')}`
}

function placeTable({ placesFound, places }: PolicyStatus, now: number): Html {
  const shown = placesFound.slice(0, MOST_SHOWN)
  return html`${table<PlaceStatus>({
    caption: 'Places that the policy follows',
    columns: [
      { title: 'File', cell: (place) => html`<code class="file">${where(place)}</code>` },
      { title: 'In Git', cell: ({ current }) => valuesShown(current === '' ? [] : [current]) },
      {
        title: 'State',
        cell: ({ state, reason, until }) =>
          html`${stateShown(state)} ${reasonShown(reason)}${until !== undefined && html` <span class="until">over ${timeShown(until, now)}</span>`}`,
      },
    ],
    rows: shown,
    keyOf,
    empty: 'It stands nowhere in Git.',
  })}${leftOut(Math.max(places, placesFound.length), 'place', shown.length)}`
}

function where({ git, file, line }: PlaceStatus): string {
  return `${git}: ${file}:${line}`
}

function keyOf({ git, branch, file, line, current }: PlaceStatus): string {
  return `${git} ${branch} ${file} ${line} ${current}`
}

function tagTable({ tags, tagsError, tagsLeftOut = 0 }: PolicyStatus, now: number): Html {
  if (tags === undefined) return html`<p class="empty">${tagsError ?? 'The registry has not been asked.'}</p>`
  const shown = tags.slice(0, MOST_SHOWN)
  return html`${table<TagStatus>({
    caption: 'Tags of the repository, the best first',
    columns: [
      { title: 'Tag', cell: ({ tag }) => html`<code>${tag}</code>` },
      { title: 'Verdict', cell: ({ verdict }) => html`<span class="${verdict}">${verdict}</span>` },
      { title: 'Why', cell: ({ reason }) => html`<span class="reason">${reason}</span>` },
      { title: 'Digest', isExtra: true, cell: ({ digest }) => digest !== undefined && valueShown(digest) },
      { title: 'Known', isExtra: true, cell: ({ seenSince }) => seenSince !== undefined && timeShown(seenSince, now) },
      {
        title: 'Created',
        isExtra: true,
        cell: ({ createdAt }) => createdAt !== undefined && timeShown(createdAt, now),
      },
    ],
    rows: shown,
    keyOf: ({ tag }) => tag,
    empty: 'The repository has no tag.',
  })}${leftOut(tags.length + tagsLeftOut, 'tag', shown.length)}`
}

function leftOut(all: number, noun: string, shown = Math.min(all, MOST_SHOWN)): Html | false {
  const more = all - shown
  return more > 0 && html`<p class="faint">and ${more.toLocaleString('en')} more ${noun}${more > 1 && 's'}</p>`
}
