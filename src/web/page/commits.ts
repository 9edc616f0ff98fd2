import type { CommitStatus } from '../../status/status.js'
import { type Html, html } from './html.js'
import { timeShown } from './times.js'
import { valueShown } from './values.js'

/** A commit by its first characters, with a link where a forge shows it. */
export function commitLink({ oid, url, subject }: CommitStatus): Html {
  const short = html`<code>${oid.slice(0, 8)}</code>`
  if (url === undefined || !/^https?:\/\//.test(url)) return html`<span title="${subject}">${short}</span>`
  return html`<a href="${url}" title="${subject}" rel="noreferrer">${short}</a>`
}

/** What was committed, the newest first. */
export function commitList(commits: readonly CommitStatus[], now: number): Html {
  return html`<ol class="commits">${commits.map(
    (commit) => html`<li>
<p><strong>${commit.subject}</strong> <span class="faint">${commitLink(commit)} on ${commit.git} ${commit.branch}, ${timeShown(commit.at, now)}</span></p>
${changeList(commit.changes)}
</li>`,
  )}</ol>`
}

const MOST_CHANGES = 20

function changeList(changes: CommitStatus['changes']): Html {
  const more = changes.length - MOST_CHANGES
  return html`<ul class="changes">${changes
    .slice(0, MOST_CHANGES)
    .map(
      ({ file, line, from, to }) =>
        html`<li><code class="file">${file}:${line}</code> ${valueShown(from)} <span class="arrow" aria-label="to">→</span> ${valueShown(to)}</li>`,
    )}${more > 0 && html`<li class="faint">and ${more} more</li>`}</ul>`
}
