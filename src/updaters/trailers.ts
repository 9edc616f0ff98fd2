import { oneLine } from '../telemetry/one-line.js'

/** What a commit of ours says of one value that it wrote. */
export interface UpdateTrailer {
  readonly policy: string
  /** The repository as the policy file spells it. */
  readonly image: string
  /** Tag, digest or both, as they stood; empty where there was neither. */
  readonly from: string
  readonly to: string
}

/** What somebody lets Tidemark write again although it was taken back. */
export interface ReleaseTrailer {
  readonly policy: string
  /** Tag, digest or both. */
  readonly value: string
}

const UPDATE = 'Tidemark-Update: '
const RELEASE = 'Tidemark-Release: '
const RELEASED = /tidemark-release *:/i
const BRANCH = 'Tidemark-Branch: '

/** `Tidemark-Update: <policy> <image> <from> -> <to>`, with `none` where nothing stood. */
export function updateTrailer({ policy, image, from, to }: UpdateTrailer): string {
  return oneLine(`${UPDATE}${policy} ${image} ${from || 'none'} -> ${to}`)
}

export function releaseTrailer({ policy, value }: ReleaseTrailer): string {
  return oneLine(`${RELEASE}${policy} ${value}`)
}

/** `Tidemark-Branch: <branch>`: the branch of our own that the commit was made for. */
export function branchTrailer(branch: string): string {
  return oneLine(`${BRANCH}${branch}`)
}

/** Whether a commit was made for this branch of our own. */
export function isMadeFor(branch: string, message: string): boolean {
  return valuesOf(message, BRANCH).includes(branch)
}

/** Every one in a message, wherever it stands: a squash has the messages of other commits in its own, indented or as a list. */
export function updateTrailers(message: string): readonly UpdateTrailer[] {
  return valuesOf(message, UPDATE).flatMap((text) => {
    const [policy, image, ...words] = text.split(' ')
    const to = words.at(-1)
    if (policy === undefined || image === undefined || to === undefined || words.at(-2) !== '->') return []
    const from = words.slice(0, -2).join(' ')
    return [{ policy, image, from: from === 'none' ? '' : from, to }]
  })
}

/** People write these, so they may be spelled as other trailers may. Source: git-interpret-trailers(1). */
export function releaseTrailers(message: string): readonly ReleaseTrailer[] {
  if (!RELEASED.test(message)) return []
  return linesOf(message).flatMap((line) => {
    const [, text] = /^tidemark-release *: *(.+)$/i.exec(line) ?? []
    const [policy, value, ...rest] = text?.split(/ +/) ?? []
    return policy === undefined || value === undefined || rest.length > 0 ? [] : [{ policy, value }]
  })
}

/** The lines of a message without what a squash puts before them. */
export function linesOf(message: string): readonly string[] {
  return message.split('\n').map((line) => line.trim().replace(/^[*-] +/, ''))
}

function valuesOf(message: string, name: string): readonly string[] {
  // Most messages are other people's and have none.
  if (!message.includes(name)) return []
  return linesOf(message).flatMap((line) => (line.startsWith(name) ? [line.slice(name.length).trim()] : []))
}
