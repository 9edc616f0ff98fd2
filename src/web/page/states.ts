import { POLICY_STATES, type PolicyState } from '../../status/status.js'
import { besideHeld } from '../../telemetry/beside-state.js'
import { type Html, html } from './html.js'

/** How states are called, alone and of several. */
export const STATE_WORDS: Readonly<Record<PolicyState, { readonly one: string; readonly many: string }>> = {
  failing: { one: 'fails', many: 'fail' },
  held: { one: 'held', many: 'held' },
  pending: { one: 'waits', many: 'wait' },
  current: { one: 'follows', many: 'follow' },
  watched: { one: 'watched', many: 'only watched' },
  unknown: { one: 'not seen yet', many: 'not seen yet' },
}

export function isState(text: string | undefined): text is PolicyState {
  return POLICY_STATES.some((state) => state === text)
}

/** A state by shape, word and color. */
export function stateShown(state: PolicyState): Html {
  return html`<span class="state ${state}">${stateMark(state)}${STATE_WORDS[state].one}</span>`
}

/** Why, after a state: what the state said already is left out. */
export function reasonShown(reason: string): Html {
  return html`<span class="reason">${besideHeld(reason)}</span>`
}

/** Each has a shape of its own, so that it can be told without its color. */
export function stateMark(state: PolicyState): Html {
  return html`<svg class="mark ${state}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${SHAPES[state]}</svg>`
}

const SHAPES: Readonly<Record<PolicyState, Html>> = {
  failing: html`<path class="body" d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"/><path class="glyph" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2"/>`,
  held: html`<rect class="body" x="1" y="1" width="14" height="14" rx="3"/><path class="glyph" d="M6 5v6m4-6v6"/>`,
  pending: html`<circle class="ring" cx="8" cy="8" r="6.6"/><path class="ring" d="M8 4.2V8l2.6 1.7"/>`,
  current: html`<circle class="body" cx="8" cy="8" r="7.4"/><path class="glyph" d="m4.6 8.3 2.3 2.3 4.5-4.8"/>`,
  watched: html`<path class="ring" d="M1 8c1.7-3.2 4-4.8 7-4.8S13.3 4.8 15 8c-1.7 3.2-4 4.8-7 4.8S2.7 11.2 1 8z"/><circle class="body" cx="8" cy="8" r="2.1"/>`,
  unknown: html`<circle class="ring dashed" cx="8" cy="8" r="6.6"/>`,
}
