import { assetPaths } from './assets.js'
import { type Html, html } from './html.js'

/** Who looks at a page. */
export interface Viewer {
  /** What forms of a browser that is logged in carry. */
  readonly csrf?: string | undefined
  readonly operates: boolean
  /** Whether the service has operations at all. */
  readonly hasOperations: boolean
}

export interface DocumentOptions {
  /** What of the page is shown in a tab before the name of the program. */
  readonly title: string
  /** Its path and query, at which a browser asks for it again when something changed. Absent: it stays as it is. */
  readonly refresh?: string
  /** Of `LINKS`: where in the navigation it stands. */
  readonly section?: string
  readonly viewer?: Viewer
  readonly version?: string
  readonly isFailing?: boolean
  readonly main: Html
}

const LINKS: readonly (readonly [path: string, title: string])[] = [
  ['/', 'Policies'],
  ['/registries', 'Registries'],
  ['/branches', 'Branches'],
  ['/queues', 'Queues'],
]

/** A whole page, as it is sent. */
export function documentText(options: DocumentOptions): string {
  const { title, refresh, viewer, version, isFailing = false, main } = options
  const icon = isFailing ? assetPaths.failingIcon : assetPaths.icon
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Tidemark</title>
<link rel="icon" type="image/svg+xml" href="${icon}">
<link rel="stylesheet" href="${assetPaths.style}">
${refresh !== undefined && html`<script src="${assetPaths.script}" defer></script>`}
</head>
<body${refresh !== undefined && html` data-refresh="${refresh}"`}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">${LOGO}Tidemark</a>
${viewer !== undefined && navigation(options)}
<div class="session">
<p class="live" data-keep>${refresh !== undefined && 'Reload for news'}</p>
${viewer !== undefined && session(viewer, refresh)}
</div>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer>Tidemark${version !== undefined && ` ${version}`}</footer>
</body>
</html>
`}`
}

const LOGO = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M2 8.5h20"/><path d="M2 14c2.5-3 5-3 7.5 0s5 3 7.5 0 3.5-2.6 5-1.6"/><path d="M2 19.5c2.5-3 5-3 7.5 0s5 3 7.5 0 3.5-2.6 5-1.6"/></svg>`

function navigation({ section }: DocumentOptions): Html {
  const links = LINKS.map(([path, title]) => {
    const current = path === section && html` aria-current="page"`
    return html`<li><a href="${path}"${current}>${title}</a></li>`
  })
  return html`<nav aria-label="Main"><ul>${links}</ul></nav>`
}

function session({ csrf, hasOperations }: Viewer, refresh = '/'): Html | false {
  if (csrf !== undefined) {
    return html`<form method="post" action="/logout"><input type="hidden" name="csrf" value="${csrf}"><button class="quiet">Log out</button></form>`
  }
  return hasOperations && html`<a class="quiet" href="/login?next=${encodeURIComponent(refresh)}">Log in</a>`
}
