import { createHash } from 'node:crypto'
import { FAILING_ICON, ICON } from './assets/icon.js'
import { SCRIPT } from './assets/script.js'
import { STYLE } from './assets/style.js'

export interface Asset {
  readonly path: string
  readonly type: string
  readonly text: string
}

/** What pages load beside themselves. The paths change with the content, so that browsers may keep it for good. */
export const assetPaths = {
  style: pathOf('page', 'css', STYLE),
  script: pathOf('page', 'js', SCRIPT),
  icon: pathOf('icon', 'svg', ICON),
  failingIcon: pathOf('failing', 'svg', FAILING_ICON),
}

export const ASSETS: readonly Asset[] = [
  { path: assetPaths.style, type: 'text/css; charset=utf-8', text: STYLE },
  { path: assetPaths.script, type: 'text/javascript; charset=utf-8', text: SCRIPT },
  { path: assetPaths.icon, type: 'image/svg+xml', text: ICON },
  { path: assetPaths.failingIcon, type: 'image/svg+xml', text: FAILING_ICON },
]

function pathOf(name: string, ending: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 12)
  return `/assets/${name}-${hash}.${ending}`
}
