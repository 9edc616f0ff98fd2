import semver from 'semver'
import { createPolicy, type Select } from '../src/policies/create.js'
import type { Given } from '../src/policies/policy.js'

/**
 * Selecting from a list of 1,000 tags: ours beside `semver.maxSatisfying`, interleaved in one process, because the ratio
 * within a run holds on any machine and absolute times do not. Prints medians in microseconds. The other kinds of policy
 * have nothing of their own to be compared with, and stand beside the same.
 */

const ROUNDS = 400
const WARM_UP = 100

const lists: Record<string, readonly string[]> = {
  'releases only': tags((major, minor, patch) => `${major}.${minor}.${patch}`),
  'releases, candidates and commits': tags((major, minor, patch, index) => {
    if (index % 10 === 0) return `sha-${(index * 2_654_435_761).toString(16)}`
    return `v${major}.${minor}.${patch}${index % 4 === 0 ? `-rc.${index % 7}` : ''}`
  }),
  'image variants': tags((major, minor, patch, index) => {
    return `${major}.${minor}.${patch}${['', '-alpine', '-alpine3.20', '-bookworm', '-perl'][index % 5]}`
  }),
}

for (const [name, list] of Object.entries(lists)) {
  for (const range of ['>=1.0.0 <6.0.0', '^3.2.0-0']) compare(name, list, { semver: range }, {}, range)
}

const variants = lists['image variants'] ?? []
const current = '3.13.31-alpine3.20'
const createdAt = new Map(variants.map((tag, index) => [tag, ((index * 389) % 1_000) * 1_000]))
for (const select of [{ like: 'current' }, { same: 'minor' }, { newest: 'created' }] as const) {
  compare('image variants', variants, select, { current, createdAt })
}
compare(
  'numbers',
  variants.map((_, index) => `${20_261_120 + ((index * 389) % 1_000)}`),
  { numerical: 'ascending' },
)

function compare(name: string, list: readonly string[], select: Select, given: Given = {}, range = '*'): void {
  const policy = createPolicy(select)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const spent = [time(() => policy.select(list, given)), time(() => semver.maxSatisfying(list, range))]
    if (round < 0) continue
    ours.push(spent[0] ?? 0)
    theirs.push(spent[1] ?? 0)
  }
  const [mine, other] = [median(ours), median(theirs)]
  console.log(
    `${name.padEnd(34)} ${labelOf(select).padEnd(22)} select ${mine.toFixed(0).padStart(5)} µs   ` +
      `maxSatisfying ${other.toFixed(0).padStart(5)} µs   ratio ${(mine / other).toFixed(3)}`,
  )
}

function labelOf(select: Select): string {
  return Object.entries(select)
    .map(([kind, text]) => `${kind} ${text}`)
    .join()
}

function tags(text: (major: number, minor: number, patch: number, index: number) => string): readonly string[] {
  // Steps without a common divisor with 1,000 leave no order that either side could profit from.
  return Array.from({ length: 1_000 }, (_, index) => text((index * 3) % 7, (index * 13) % 29, (index * 31) % 41, index))
}

function time(run: () => unknown): number {
  const start = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - start) / 1_000
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
