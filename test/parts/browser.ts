import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { eventually } from './eventually.js'

/** Debian's Chromium without a screen. */
export interface Browser {
  /** A page of a browser that knows nothing yet. */
  page(options?: BrowserContextOptions): Promise<WatchedPage>
  stop(): Promise<void>
}

export interface WatchedPage {
  readonly page: Page
  /** Errors of scripts, of the console, and of what the content security policy refuses. */
  readonly errors: readonly string[]
  /** What of WCAG 2.2 at level AA and of good practice is broken, as axe finds it. */
  violations(): Promise<readonly string[]>
  /** Saves a picture into a folder that is not committed. */
  picture(name: string): Promise<void>
}

/** What does not happen within it does not happen. */
const PATIENCE_MS = 15_000
const PICTURES = fileURLToPath(new URL('../../.tidemark/pictures/', import.meta.url))

export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Chromium refuses to run as root with its sandbox, as tests in containers do.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    headless: true,
  })
  return {
    async page(options = {}) {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error)))
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      return {
        page,
        errors,
        violations: () => violationsOf(page),
        async picture(name) {
          await mkdir(PICTURES, { recursive: true })
          await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true })
        },
      }
    },
    stop: () => browser.close(),
  }
}

/** The policy of our pages allows no script but theirs, so that axe comes over the debugger's way. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const found = await eventually('axe looked', () =>
    page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run()),
  )
  return found.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
