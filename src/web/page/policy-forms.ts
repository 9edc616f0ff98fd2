import type { HoldStatus, PolicyStatus } from '../../status/status.js'
import type { Viewer } from './document.js'
import { type Html, html } from './html.js'
import { timeShown } from './times.js'

/** What the last form came to. */
export interface FormState {
  /** What was done. */
  readonly notice?: string
  /** Why it was not, with what the form said. */
  readonly error?: string
  readonly tag?: string
  readonly reason?: string
  readonly until?: string
}

/** What an operator may order for a policy. Others are told why they may not. */
export function policyForms(policy: PolicyStatus, viewer: Viewer, form: FormState): Html {
  return html`<section class="operations" aria-label="Operations">
${form.notice !== undefined && html`<p class="notice" role="status">${form.notice}</p>`}
${form.error !== undefined && html`<p class="notice error" role="alert" id="form-error">${form.error}</p>`}
${viewer.operates ? html`<div class="buttons">${pollForm(policy, viewer)}${releaseAll(policy, viewer)}${holdForm(policy, viewer, form)}</div>` : whyNot(policy, viewer)}
</section>`
}

/** The holds in force, each with the button that lifts it. */
export function holdList(policy: PolicyStatus, viewer: Viewer, now: number): Html {
  return html`<ul class="holds">${policy.holds.map(
    (hold) => html`<li data-key="hold ${hold.tag ?? ''}"><p>${held(hold)}: ${hold.reason}
<span class="faint">set ${timeShown(hold.at, now)}${hold.until !== undefined && html`, over ${timeShown(hold.until, now)}`}</span></p>
${viewer.operates && releaseForm(policy, viewer, hold.tag, hold.tag === undefined ? 'Release' : `Release ${hold.tag}`)}</li>`,
  )}</ul>`
}

function held({ tag }: HoldStatus): Html {
  return tag === undefined ? html`Every tag` : html`<code>${tag}</code>`
}

function whyNot({ name }: PolicyStatus, { hasOperations, csrf }: Viewer): Html {
  if (!hasOperations) {
    return html`<p class="faint">To poll, hold and release from here, give the policy file a <code>server.adminToken</code>.</p>`
  }
  const next = encodeURIComponent(pathOf(name))
  const words = csrf === undefined ? 'Log in' : 'Log in with the admin token'
  return html`<p class="faint"><a href="/login?next=${next}">${words}</a> to poll, hold or release.</p>`
}

export function pathOf(policy: string): string {
  return `/policies/${encodeURIComponent(policy)}`
}

function pollForm({ name }: PolicyStatus, { csrf }: Viewer): Html {
  return html`<form method="post" action="${pathOf(name)}/poll">${csrfField(csrf)}<button>Poll now</button></form>`
}

/** What is held by what somebody took back has no hold of its own to release. */
function releaseAll(policy: PolicyStatus, viewer: Viewer): Html | false {
  const isTakenBack = policy.state === 'held' && policy.holds.length === 0 && policy.places > 0
  return isTakenBack && releaseForm(policy, viewer, undefined, 'Release')
}

function releaseForm({ name }: PolicyStatus, { csrf }: Viewer, tag: string | undefined, words: string): Html {
  return html`<form method="post" action="${pathOf(name)}/release">${csrfField(csrf)}${
    tag !== undefined && html`<input type="hidden" name="tag" value="${tag}">`
  }<button class="quiet">${words}</button></form>`
}

function holdForm({ name, tags = [] }: PolicyStatus, { csrf }: Viewer, form: FormState): Html {
  const { error, tag = '', reason = '', until = '' } = form
  const faulty = error !== undefined && html` aria-describedby="form-error"`
  return html`<details${error !== undefined && html` open`}><summary>Hold</summary>
<form class="hold" method="post" action="${pathOf(name)}/hold"${faulty}>${csrfField(csrf)}
<p><label for="hold-tag">Tag</label><input id="hold-tag" name="tag" value="${tag}" list="hold-tags" maxlength="128" placeholder="every tag" autocomplete="off" spellcheck="false"></p>
<datalist id="hold-tags">${tags.slice(0, MOST_OFFERED).map((one) => html`<option value="${one.tag}"></option>`)}</datalist>
<p><label for="hold-reason">Reason</label><input id="hold-reason" name="reason" value="${reason}" required maxlength="200" placeholder="one line, for everybody to read" autocomplete="off"></p>
<p><label for="hold-until">Until</label><input id="hold-until" name="until" value="${until}" maxlength="40" placeholder="12h, 2026-12-24T18:00Z, or until released" autocomplete="off"></p>
<p><button>Hold</button></p>
</form></details>`
}

const MOST_OFFERED = 50

function csrfField(csrf: string | undefined): Html | false {
  return csrf !== undefined && html`<input type="hidden" name="csrf" value="${csrf}">`
}
