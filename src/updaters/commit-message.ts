import type { Provenance } from '../image/description.js'
import { formatInstant } from '../policies/time-text.js'
import { oneLine } from '../telemetry/one-line.js'
import type { Person } from './git/repository.js'
import { branchTrailer, updateTrailer } from './trailers.js'

/** One place that a commit changes. */
export interface Change {
  readonly policy: string
  readonly image: string
  readonly file: string
  readonly line: number
  /** Tag, digest or both, as they stood; empty where there was neither. */
  readonly from: string
  readonly to: string
}

export interface MessageOptions {
  /** Where images come from, by the policy that selects them. */
  readonly provenance?: ReadonlyMap<string, Provenance> | undefined
  /** What stands above the trailers. Absent: `Update <policy> to <value>`, and a line for each change. */
  readonly template?: MessageTemplate | undefined
  /** The branch of our own that the commit is for. Absent: it is for the branch that was read. */
  readonly branch?: string | undefined
  /** Who signs off. Source: git-commit(1), `--signoff`. */
  readonly signOff?: Person | undefined
}

/** What the user wants to stand in the messages of commits, above the trailers. */
export interface MessageTemplate {
  /** Throws `TemplateError`. */
  render(changes: readonly Change[], provenance: ReadonlyMap<string, Provenance>): string
  /** Whether these lines are all trailers that the template itself ends with: those of others are none. */
  isTrailers(lines: readonly string[]): boolean
}

/**
 * The message of a commit: what changed for a reader of the log, and one trailer per policy and value for programs, of which
 * src/updaters/trailers.ts says more.
 *
 * Names of files and what stood in them are other people's texts: none ends its line, and none looks like a trailer.
 * Throws `TemplateError` where the template cannot be rendered.
 */
export function commitMessage(changes: readonly Change[], options: MessageOptions = {}): string {
  const { provenance = new Map(), template, branch, signOff } = options
  const text = template === undefined ? usualText(changes, provenance) : template.render(changes, provenance)
  const lines = linesOf(text, `Update ${summaryOf(changes)}`)
  const paragraph = lines.slice(lines.lastIndexOf('') + 1)
  const joins = paragraph.length < lines.length && template?.isTrailers(paragraph)
  const trailers = changes.map(updateTrailer)
  if (branch !== undefined) trailers.push(branchTrailer(branch))
  if (signOff !== undefined) trailers.push(signOffOf(signOff))
  const added = distinct(trailers).filter((trailer) => !(joins && paragraph.includes(trailer)))
  return `${lines.join('\n')}${joins ? '\n' : '\n\n'}${added.join('\n')}\n`
}

/** `podinfo to 6.9.1`, or `12 images`. */
export function summaryOf(changes: readonly Change[]): string {
  const policies = distinct(changes.map(({ policy }) => policy))
  return policies.length > 1 ? `${policies.length} images` : `${policies[0]} to ${briefest(changes)?.to}`
}

/** A policy may write a tag here and its digest there: the shortest text is the tag. */
export function briefest(changes: readonly Change[]): Change | undefined {
  return changes.toSorted((a, b) => a.to.length - b.to.length)[0]
}

function usualText(changes: readonly Change[], provenance: ReadonlyMap<string, Provenance>): string {
  const lines = changes.map(({ policy, file, image, from, to }) =>
    oneLine(`${file}: ${image} ${from || 'untagged'} → ${to}${originOf(provenance.get(policy))}`),
  )
  return `Update ${summaryOf(changes)}\n\n${distinct(lines).join('\n')}`
}

/** `(revision 1a2b3c4, created 2026-11-20T10:00:00Z)`, as far as it is known. */
function originOf({ revision, createdAt }: Provenance = {}): string {
  const facts = [
    ...(revision === undefined ? [] : [`revision ${revision}`]),
    ...(createdAt === undefined ? [] : [`created ${formatInstant(createdAt)}`]),
  ]
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`
}

/** In characters. Logs show about seventy; what a template makes of a long list ends somewhere. */
const LONGEST_SUBJECT = 200

/** A subject, and after an empty line what follows, in which no two empty lines stand together. */
function linesOf(text: string, usualSubject: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => unlikeOurs(oneLine(line.replaceAll('\t', '  ')).trimEnd()))
  const [first = usualSubject, ...body] = lines.filter((line, at) => line !== '' || (lines[at - 1] ?? '') !== '')
  const subject = [...first]
  const shown = subject.length > LONGEST_SUBJECT ? `${subject.slice(0, LONGEST_SUBJECT).join('')}…` : first
  if (body.at(-1) === '') body.pop()
  return body.length === 0 || body[0] === '' ? [shown, ...body] : [shown, '', ...body]
}

/** A line that reads like a trailer of ours is quoted, even where a squash would put it into a list. */
function unlikeOurs(line: string): string {
  return /^[\s*-]*tidemark-[a-z]+\s*:/i.test(line) ? `> ${line}` : line
}

function signOffOf({ name, email }: Person): string {
  return oneLine(`Signed-off-by: ${name} <${email}>`)
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
