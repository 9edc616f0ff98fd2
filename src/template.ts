import { createRequire } from 'node:module'
import type { Liquid, Template } from 'liquidjs'
import { TidemarkError } from './error.js'

/** A text with places for values, in Liquid. */
export interface TextTemplate {
  /** Values that may be missing are null, not absent. Throws `TemplateError` `CANNOT_RENDER`. */
  render(values: Readonly<Record<string, unknown>>): string
}

export type TemplateErrorCode = 'INVALID_TEMPLATE' | 'CANNOT_RENDER'

/** Its message says what is wrong and where in the text; what text that is, the caller knows. */
export class TemplateError extends TidemarkError<TemplateErrorCode> {}

/**
 * Reads a template that names these variables, and what it makes itself, alone. It computes on what it is given: no file is
 * read, and what a template does is bounded in size and time. Throws `TemplateError` `INVALID_TEMPLATE`.
 */
export function compileTemplate(text: string, variables: readonly string[]): TextTemplate {
  engine ??= createLiquid()
  const liquid = engine
  const template = saying('INVALID_TEMPLATE', () => {
    const parsed = liquid.parse(text)
    refuseUnknown(liquid, parsed, variables)
    return parsed
  })
  return { render: (values) => saying('CANNOT_RENDER', () => bounded(liquid.renderSync(template, { ...values }))) }
}

/** Reads a template of commit messages, which may name what docs/configuration.md says. Throws like `compileTemplate`. */
export function compileMessageTemplate(text: string): TextTemplate {
  return compileByExample(text, MESSAGE_EXAMPLE)
}

/** Reads a template of names of branches, which may name what docs/configuration.md says. Throws like `compileTemplate`. */
export function compileBranchTemplate(text: string): TextTemplate {
  return compileByExample(text, BRANCH_EXAMPLE)
}

/** Reads a template of notifications, which may name what docs/notifications.md says. Throws like `compileTemplate`. */
export function compileNotificationTemplate(text: string): TextTemplate {
  return compileByExample(text, NOTIFICATION_EXAMPLE)
}

function compileByExample(text: string, example: Readonly<Record<string, unknown>>): TextTemplate {
  const template = compileTemplate(text, Object.keys(example))
  try {
    // What is not among the fields of a value shows here, and not when there is something to commit.
    template.render(example)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new TemplateError('INVALID_TEMPLATE', error.message, { cause: error })
  }
  return template
}

const MESSAGE_EXAMPLE = {
  summary: 'podinfo to 6.9.1',
  git: 'fleet',
  branch: 'main',
  changes: [
    {
      policy: 'podinfo',
      image: 'ghcr.io/stefanprodan/podinfo',
      file: 'apps/podinfo.yaml',
      line: 7,
      from: '6.9.0',
      to: '6.9.1',
      revision: null,
      createdAt: null,
    },
  ],
  policies: [{ name: 'podinfo', image: 'ghcr.io/stefanprodan/podinfo', from: '6.9.0', to: '6.9.1' }],
}

const BRANCH_EXAMPLE = {
  policy: 'podinfo',
  image: 'ghcr.io/stefanprodan/podinfo',
  tag: '6.9.1',
  branch: 'main',
  git: 'fleet',
}

const NOTIFICATION_EXAMPLE = {
  title: 'Updated podinfo to 6.9.1',
  count: 1,
  more: 0,
  notices: [
    {
      type: 'updated',
      text: 'podinfo 6.9.0 → 6.9.1',
      policy: 'podinfo',
      image: 'ghcr.io/stefanprodan/podinfo',
      from: '6.9.0',
      to: '6.9.1',
      git: 'fleet',
      branch: 'main',
      commit: '2f8ae4b4f6f9f1a7f0b0c5b5a9a3f7c1d2e3f4a5',
      url: null,
      file: 'apps/podinfo.yaml',
      reason: null,
    },
  ],
}

/** Enough for any message, and little enough that a mistake is no standstill. */
const MAX_TEMPLATE_LENGTH = 16 * 1024
const MAX_RENDER_MS = 1_000
/** In characters and elements of what filters and loops make. */
const MAX_MEMORY = 8 * 1024 * 1024
const MAX_TEXT_LENGTH = 4 * 1024 * 1024

const TAGS = 'assign capture case comment if unless for break continue cycle increment decrement echo raw liquid #'

/**
 * Without those that decode: a value of others could hide the end of a line from whoever makes it safe. Without those that
 * search by patterns whose time is not linear, too, and the one that leaves it to chance.
 */
const FILTERS =
  'abs append array_to_sentence_string at_least at_most capitalize ceil compact concat date default divided_by downcase ' +
  'first floor group_by has join last lstrip map minus modulo plus prepend reject remove remove_first remove_last replace ' +
  'replace_first replace_last reverse round rstrip sha256 size slice slugify sort sort_natural split squish strip sum times ' +
  'truncate uniq upcase url_encode where'

/** Made for the first template: most policy files have none, and every command reads one. */
let engine: Liquid | undefined

// `import` loads it for every command, or later only in promises, which the checks of a policy file do not wait for.
const library: () => typeof import('liquidjs') = () => createRequire(import.meta.url)('liquidjs')

function createLiquid(): Liquid {
  const { Liquid } = library()
  const liquid = new Liquid({
    // In place of the file system.
    templates: {},
    dynamicPartials: false,
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    timezoneOffset: 0,
    parseLimit: MAX_TEMPLATE_LENGTH,
    renderLimit: MAX_RENDER_MS,
    memoryLimit: MAX_MEMORY,
  })
  keepOnly(liquid.tags, TAGS)
  keepOnly(liquid.filters, FILTERS)
  return liquid
}

function keepOnly(record: Record<string, unknown>, names: string): void {
  const kept = new Set(names.split(' '))
  for (const name of Object.keys(record)) if (!kept.has(name)) delete record[name]
}

function refuseUnknown(liquid: Liquid, template: Template[], variables: readonly string[]): void {
  const found = liquid.analyzeSync(template, { partials: false }).globals
  for (const [name, [first]] of Object.entries(found)) {
    if (variables.includes(name)) continue
    const expected = variables.map((variable) => `"${variable}"`).join(', ')
    throw new TemplateError('INVALID_TEMPLATE', at(first?.location, `unknown variable "${name}": expected ${expected}`))
  }
}

function bounded(rendered: unknown): string {
  const text = String(rendered)
  if (text.length > MAX_TEXT_LENGTH) throw new Error(`text is longer than ${MAX_TEXT_LENGTH} characters`)
  return text
}

function saying<T>(code: TemplateErrorCode, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof TemplateError || !(thrown instanceof Error)) throw thrown
    throw new TemplateError(code, complaintOf(thrown), { cause: thrown })
  }
}

function complaintOf(error: Error): string {
  const { LiquidError } = library()
  if (!LiquidError.is(error)) return shortened(error.message)
  const [row, col] = error.token.getPosition()
  // The library adds where it is at the end, if the error of its own is not at hand.
  const reason = error.originalError?.message ?? error.message.replace(/, line:\d+, col:\d+$/, '')
  return at({ row, col }, shortened(reason))
}

function at(
  location: { readonly row: number | undefined; readonly col: number | undefined } | undefined,
  reason: string,
): string {
  return location === undefined ? reason : `line ${location.row}, column ${location.col}: ${reason}`
}

/** Some quote the template, be it long. */
function shortened(reason: string): string {
  const line = reason.split(/\s+/).join(' ')
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
