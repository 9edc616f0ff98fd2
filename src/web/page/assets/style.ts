/**
 * How pages look: system fonts, one scale that grows with the screen, so that a wall can be read from afar, and colors of at least 4.5:1
 * on what they stand (WCAG 2.2, 1.4.3) in light and dark.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f3f6f7; --card: #ffffff; --ink: #0e2029; --muted: #4a5c66; --line: #d5dfe3; --soft: #e8eef0;
  --accent: #0a6473; --focus: #0a6473;
  --failing: #b3261e; --held: #8a4b00; --pending: #1d5bb8; --current: #0b6b4b; --watched: #4a5c66; --unknown: #5a6a73;
  --failing-soft: #fdeceb; --held-soft: #fdf1e0;
  --glyph: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #081218; --card: #0f1c24; --ink: #e4edf1; --muted: #9cb0ba; --line: #21323c; --soft: #172730;
    --accent: #6fd0de; --focus: #6fd0de;
    --failing: #ff8f85; --held: #ffbf66; --pending: #8dbbff; --current: #5ed3a5; --watched: #9cb0ba; --unknown: #93a6b0;
    --failing-soft: #331a1b; --held-soft: #2e2413;
    --glyph: #081218;
  }
}
* { box-sizing: border-box; }
html { font-size: clamp(15px, 11px + 0.42vw, 24px); -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; text-wrap: balance; }
h2 { font-size: 1.05rem; line-height: 1.4; font-weight: 650; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
a:hover { text-decoration-thickness: 2px; }
code { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: 0.92em; unicode-bidi: isolate; overflow-wrap: break-word; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--card); padding: 0.5rem 1rem; z-index: 1; }
.skip:focus { top: 0.5rem; }
.faint, .when { color: var(--muted); }
.when { white-space: nowrap; }

.top, main, footer { width: 100%; max-width: 112rem; margin: 0 auto; padding-left: clamp(1rem, 3vw, 3.5rem); padding-right: clamp(1rem, 3vw, 3.5rem); }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 2rem; padding-top: 1rem; padding-bottom: 1rem; }
.brand { display: inline-flex; align-items: center; gap: 0.5rem; font-weight: 700; font-size: 1.1rem; letter-spacing: -0.01em; color: var(--ink); text-decoration: none; }
.brand svg { width: 1.6rem; height: 1.6rem; fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linecap: round; }
.top nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 0.3rem; }
.top nav a { display: block; padding: 0.3rem 0.75rem; border-radius: 999px; color: var(--muted); text-decoration: none; }
.top nav a:hover { color: var(--ink); background: var(--soft); }
.top nav a[aria-current] { color: var(--ink); background: var(--soft); font-weight: 600; }
.session { margin-left: auto; display: flex; align-items: center; gap: 1rem; }
.live { display: flex; align-items: center; gap: 0.45rem; color: var(--muted); font-size: 0.9rem; }
.live[data-state]::before { content: ""; width: 0.6rem; height: 0.6rem; border-radius: 50%; background: var(--current); }
.live[data-state="slow"]::before { background: var(--pending); }
.live[data-state="away"] { color: var(--failing); }
.live[data-state="away"]::before { background: none; border: 2px solid var(--failing); border-radius: 2px; }
main { flex: 1; display: flex; flex-direction: column; gap: 1.4rem; padding-top: 0.8rem; padding-bottom: 2rem; }
footer { padding-top: 0.8rem; padding-bottom: 1.2rem; color: var(--muted); font-size: 0.85rem; }

.mark { width: 1.05em; height: 1.05em; flex: none; vertical-align: -0.16em; color: var(--muted); }
.mark.failing, .state.failing { color: var(--failing); } .mark.held, .state.held { color: var(--held); }
.mark.pending, .state.pending { color: var(--pending); } .mark.current, .state.current { color: var(--current); }
.mark.watched, .state.watched { color: var(--watched); } .mark.unknown, .state.unknown { color: var(--unknown); }
.mark .body { fill: currentColor; }
.mark .ring { fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.mark .dashed { stroke-dasharray: 2.2 3; }
.mark .glyph { fill: none; stroke: var(--glyph); stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }
.state { font-weight: 600; white-space: nowrap; margin-right: 0.35em; }
.state .mark { margin-right: 0.4em; }
.until { display: block; color: var(--muted); font-size: 0.88rem; }

.sentence { font-size: clamp(1.7rem, 1rem + 2vw, 2.9rem); }
.gauge { display: block; width: 100%; height: 0.55rem; border-radius: 999px; margin-top: -0.4rem; }
.band.failing { fill: var(--failing); } .band.held { fill: var(--held); } .band.pending { fill: var(--pending); }
.band.current { fill: var(--current); } .band.watched { fill: var(--watched); } .band.unknown { fill: var(--line); }
.tiles ul { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.8rem; }
.tile { display: flex; flex-direction: column; height: 100%; padding: 0.9rem 1.1rem 0.8rem; border-radius: 0.8rem; border: 1px solid var(--line); background: var(--card); color: var(--ink); text-decoration: none; }
.tile:hover { border-color: var(--muted); }
.tile[aria-current] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.tile .count { font-size: clamp(2.4rem, 1.4rem + 2.6vw, 4.2rem); line-height: 1; font-weight: 600; letter-spacing: -0.03em; }
.tile .word { display: flex; align-items: center; gap: 0.45em; margin-top: 0.5rem; font-size: 1.05rem; color: var(--muted); }
.tile.failing:not(.none) { background: var(--failing-soft); border-color: var(--failing); }
.tile.failing:not(.none) .count { color: var(--failing); }
.tile.held:not(.none) { background: var(--held-soft); border-color: var(--held); }
.tile.held:not(.none) .count { color: var(--held); }
.tile.failing:not(.none) .word, .tile.held:not(.none) .word { color: var(--ink); }
.tile.none .count, .tile.none .mark { color: var(--muted); }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.2rem; margin-bottom: 0.6rem; }
.search { display: flex; gap: 0.4rem; }
.bar .faint { margin-left: auto; }
section > h2 { margin-bottom: 0.6rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--card); }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 1.1rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--muted); font-weight: 500; font-size: 0.88rem; white-space: nowrap; }
tbody th { font-weight: 600; max-width: 26rem; }
tbody tr:hover { background: var(--soft); }
.number { text-align: right; }
td.extra { white-space: nowrap; }
td.extra .reason { white-space: normal; }
.image { display: block; font-weight: 400; font-size: 0.88rem; color: var(--muted); overflow-wrap: break-word; unicode-bidi: isolate; }
.reason { color: var(--muted); overflow-wrap: anywhere; unicode-bidi: isolate; }
.arrow { color: var(--muted); }
.empty { padding: 1.4rem; border: 1px dashed var(--line); border-radius: 0.8rem; color: var(--muted); }
.pager { display: flex; justify-content: center; gap: 1.4rem; margin-top: 1rem; }

.beneath ul { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 0.8rem; }
.beneath a { display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.5rem; padding: 0.7rem 1.1rem; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--card); color: var(--ink); text-decoration: none; }
.beneath a:hover { border-color: var(--muted); }
.beneath span { color: var(--muted); }
.beneath .bad { border-color: var(--failing); }
.warnings { padding: 0.8rem 1.1rem; border: 1px solid var(--held); border-radius: 0.8rem; background: var(--held-soft); }
.warnings h2, .warnings summary { color: var(--held); font-weight: 650; }
.warnings li { overflow-wrap: anywhere; white-space: pre-line; }

.crumb { margin-bottom: -1.2rem; }
h1 + .image { margin-top: -1.1rem; font-size: 1rem; }
.verdict { font-size: 1.15rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.8rem; }
.facts > div { padding: 0.8rem 1.1rem; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--card); }
dt { color: var(--muted); font-size: 0.88rem; }
.operations { display: flex; flex-direction: column; gap: 0.8rem; }
.buttons { display: flex; flex-wrap: wrap; align-items: start; gap: 0.6rem; }
.buttons details[open] { flex-basis: 100%; }
.notice { padding: 0.6rem 1.1rem; border-radius: 0.6rem; border: 1px solid var(--current); color: var(--ink); background: var(--card); }
.notice.error { border-color: var(--failing); background: var(--failing-soft); }
.holds li { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1rem; padding: 0.5rem 1.1rem; border-left: 3px solid var(--held); background: var(--held-soft); }
.holds li + li { margin-top: 0.4rem; }
.diff { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--card); overflow: hidden; }
.change + .change { border-top: 1px solid var(--line); }
.change p { padding: 0.25rem 1.1rem; overflow-wrap: anywhere; }
.change .file { color: var(--muted); padding-top: 0.6rem; }
.change p:last-child { padding-bottom: 0.6rem; }
del, ins { text-decoration: none; }
del::before { content: "− "; color: var(--failing); font-weight: 700; } ins::before { content: "+ "; color: var(--current); font-weight: 700; }
.commits { display: flex; flex-direction: column; gap: 0.8rem; }
.commits > li { padding-left: 1rem; border-left: 3px solid var(--line); }
.changes { font-size: 0.92rem; }
.file { color: var(--muted); }
.selected { color: var(--current); font-weight: 600; } .rejected { color: var(--muted); }

button, input { font: inherit; color: inherit; }
button { padding: 0.4rem 1.1rem; border-radius: 0.5rem; border: 1px solid var(--accent); background: var(--accent); color: var(--glyph); font-weight: 600; cursor: pointer; }
button:hover { filter: brightness(1.1); }
button.quiet, .search button { background: transparent; color: var(--accent); font-weight: 500; border-color: var(--line); }
button.quiet:hover, .search button:hover { border-color: var(--accent); }
input { padding: 0.4rem 0.8rem; border-radius: 0.5rem; border: 1px solid var(--muted); background: var(--card); width: 100%; }
input::placeholder { color: var(--muted); opacity: 1; }
.search input { width: clamp(9rem, 22vw, 20rem); }
summary { cursor: pointer; width: fit-content; font-weight: 600; color: var(--accent); }
.buttons summary { padding: 0.4rem 1.1rem; border: 1px solid var(--line); border-radius: 0.5rem; font-weight: 500; }
.buttons summary:hover { border-color: var(--accent); }
form.hold, form.login { display: grid; gap: 0.7rem; max-width: 34rem; margin-top: 0.7rem; }
label { display: block; margin-bottom: 0.2rem; color: var(--muted); font-size: 0.92rem; }
label.unseen { margin: -1px; }

@media (max-width: 64rem) and (min-width: 40.01rem) { .extra { display: none; } }
@media (max-width: 40rem) {
  .tiles ul { grid-template-columns: repeat(2, 1fr); }
  .scroll { overflow-x: visible; }
  table, tbody, tr, tbody th, td { display: block; }
  thead { display: none; }
  tr { border-top: 1px solid var(--line); padding: 0.6rem 1rem; }
  tbody tr:first-child { border-top: 0; }
  tbody th, td { border: 0; padding: 0.1rem 0; text-align: left; max-width: none; }
  td:empty { display: none; }
  td[data-title]::before { content: attr(data-title) ": "; color: var(--muted); font-size: 0.88rem; }
  .bar .faint { margin-left: 0; }
  .top nav { order: 1; width: 100%; }
  .top nav ul { justify-content: space-between; }
  .top nav a { padding: 0.3rem 0.55rem; }
  .search { flex: 1; }
  .search input { width: 100%; }
}
@media (prefers-reduced-motion: no-preference) { .tile, .beneath a { transition: border-color 0.15s; } }
@media (forced-colors: active) { .tile[aria-current] { outline: 2px solid; } .mark .glyph { stroke: Canvas; } }
@media print { .top nav, .session, .search, .operations { display: none; } }
`
