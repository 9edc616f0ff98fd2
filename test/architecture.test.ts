import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Text of each file by its path below src/, such as `image/tag.ts`. */
type Sources = ReadonlyMap<string, string>
/** Finds what breaks it, one text each. */
type Rule = (sources: Sources) => string[]

const BELOW_SERVICE =
  'status notifications watchers updaters net jobs telemetry lifecycle config policies image template.ts error.ts'

/** What the files of a folder, or a file beside the folders, may import from outside of it. */
const DIRECTIONS: Readonly<Record<string, string>> = {
  'main.ts': `commands ${BELOW_SERVICE}`,
  commands: `service.ts parts.ts parts ${BELOW_SERVICE}`,
  'service.ts': `parts.ts web ${BELOW_SERVICE}`,
  'parts.ts': `parts ${BELOW_SERVICE}`,
  parts: BELOW_SERVICE,
  status: 'watchers updaters net jobs telemetry lifecycle policies image error.ts group-by.ts',
  notifications: 'net jobs telemetry lifecycle image error.ts template.ts group-by.ts',
  web: 'status watchers updaters jobs telemetry lifecycle policies image error.ts',
  // These two meet in jobs and do not know each other.
  watchers: 'net jobs telemetry lifecycle policies image error.ts group-by.ts',
  updaters: 'net jobs telemetry lifecycle policies image template.ts error.ts group-by.ts',
  jobs: 'telemetry lifecycle policies image error.ts',
  config: 'lifecycle policies image template.ts error.ts',
  net: 'lifecycle error.ts',
  telemetry: 'lifecycle image error.ts',
  lifecycle: 'error.ts',
  policies: 'image error.ts',
  image: 'error.ts',
  'template.ts': 'error.ts',
  'error.ts': '',
  'group-by.ts': '',
}

/** Where each library may be imported: a change of library is a change of these files. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  '@aws-sdk/client-ecr': /^watchers\/registry\/credentials\/ecr\.ts$/,
  '@aws-sdk/client-ecr-public': /^watchers\/registry\/credentials\/ecr\.ts$/,
  '@azure/identity': /^watchers\/registry\/credentials\/acr\.ts$/,
  '@sigstore/bundle': /^watchers\/signatures\/keyless\.ts$/,
  '@sigstore/protobuf-specs': /^watchers\/signatures\/keyless\.ts$/,
  '@sigstore/tuf': /^watchers\/signatures\/trusted-root\.ts$/,
  '@sigstore/verify': /^watchers\/signatures\/keyless\.ts$/,
  axios: /^(watchers\/registry|updaters\/git|notifications)\//,
  bullmq: /^jobs\/bullmq\.ts$/,
  fastify: /^web\//,
  ioredis: /^jobs\//,
  'google-auth-library': /^watchers\/registry\/credentials\/gar\.ts$/,
  'isomorphic-git': /^updaters\/git\//,
  jose: /^watchers\/webhooks\//,
  liquidjs: /^template\.ts$/,
  'node-cron': /^lifecycle\/cron\.ts$/,
  nodemailer: /^notifications\//,
  openpgp: /^updaters\/git\/signing\/openpgp\.ts$/,
  picomatch: /^updaters\//,
  pino: /^telemetry\//,
  'prom-client': /^telemetry\//,
  re2js: /^policies\/pattern\.ts$/,
  semver: /^policies\/version\.ts$/,
  ssh2: /^updaters\/git\/(transports|signing)\//,
  yaml: /^(config|updaters\/manifests)\/|^watchers\/registry\/yaml\.ts$/,
  zod: /^(config|jobs|web|watchers\/(registry|webhooks))\//,
}

/** Files beside src/config that may name `process.env`. */
const ENVIRONMENT: ReadonlySet<string> = new Set([
  // Hands it to the configuration.
  'main.ts',
  // Hands it to the `git` that it starts, and takes no setting from it.
  'updaters/git/transports/local.ts',
])

const MAX_LINES = 300
const VAGUE_NAME = /^(index|(.+-)?(utils?|helpers?|common|misc|managers?))(\.ts)?$/

const RULES = {
  directions: (sources) =>
    importsOf(sources)
      .filter(({ from, to }) => isOurs(to) && roomOf(from) !== roomOf(to))
      .filter(({ from, to }) => !DIRECTIONS[roomOf(from)]?.split(' ').includes(roomOf(to)))
      .map(arrow),

  libraries: (sources) =>
    importsOf(sources)
      .filter(({ to }) => !isOurs(to) && !to.startsWith('node:'))
      .filter(({ from, to }) => !LIBRARIES[packageOf(to)]?.test(from))
      .map(arrow),

  cycles: (sources) => cyclesOf(importsOf(sources).filter(({ to }) => isOurs(to))).map(arrow),

  // What a command needs is loaded with it: `tidemark --version` and a mistyped command are answered at once.
  startup: (sources) => {
    const loads = importsOf(sources).filter(({ isLazy, isType }) => !isLazy && !isType)
    const reached = reachedFrom('main.ts', loads)
    return loads.filter(({ from, to }) => reached.has(from) && !isOurs(to) && !to.startsWith('node:')).map(arrow)
  },

  environment: (sources) =>
    filesWith(sources, /\bprocess\.env\b|\bfrom '(?:node:)?process'/).filter(
      (path) => roomOf(path) !== 'config' && !ENVIRONMENT.has(path),
    ),

  defaultExports: (sources) => filesWith(sources, /^export default\b|^export \{[^}]*\bas default\b/m),

  names: (sources) => [...sources.keys()].filter((path) => path.split('/').some((part) => VAGUE_NAME.test(part))),

  lengths: (sources) =>
    [...sources].filter(([, text]) => text.split('\n').length > MAX_LINES + 1).map(([path]) => path),
} satisfies Record<string, Rule>

describe('the sources', () => {
  const sources = readSources(fileURLToPath(new URL('../src/', import.meta.url)))

  it('are found, with their imports', () => {
    assert.ok(sources.has('image/tag.ts'))
    assert.ok(importsOf(sources).some(({ from, to }) => from === 'policies/ranked.ts' && to === 'image/tag.ts'))
  })

  for (const [name, rule] of Object.entries(RULES)) {
    it(`keep to the rule of ${name}`, () => assert.deepEqual(rule(sources), []))
  }
})

describe('the rules', () => {
  const planted: readonly [rule: keyof typeof RULES, sources: Record<string, string>, found: readonly string[]][] = [
    [
      'directions',
      { 'image/tag.ts': "import { a } from '../policies/policy.js'" },
      ['image/tag.ts → policies/policy.ts'],
    ],
    ['directions', { 'policies/a.ts': "import type { a } from '../jobs/b.js'" }, ['policies/a.ts → jobs/b.ts']],
    [
      'directions',
      { 'watchers/a/b.ts': "import {\n  c,\n} from '../../updaters/d.js'" },
      ['watchers/a/b.ts → updaters/d.ts'],
    ],
    ['directions', { 'updaters/a.ts': "export * from '../watchers/b.js'" }, ['updaters/a.ts → watchers/b.ts']],
    ['directions', { 'web/a.ts': "await import('../service.js')" }, ['web/a.ts → service.ts']],
    ['directions', { 'service.ts': "import './commands/run.js'" }, ['service.ts → commands/run.ts']],
    ['directions', { 'elsewhere/a.ts': "import '../image/tag.js'" }, ['elsewhere/a.ts → image/tag.ts']],
    ['directions', { 'policies/a.ts': "import '../image/tag.js'\nimport './b.js'\nimport 'node:fs'" }, []],
    ['libraries', { 'policies/range.ts': "import semver from 'semver'" }, ['policies/range.ts → semver']],
    ['libraries', { 'jobs/memory.ts': "import { type Job } from 'bullmq'" }, ['jobs/memory.ts → bullmq']],
    ['libraries', { 'web/a.ts': "import x from '@acme/left-pad/x'" }, ['web/a.ts → @acme/left-pad/x']],
    ['libraries', { 'config/a.ts': "import { z } from 'zod/mini'\nimport { parse } from 'yaml'" }, []],
    [
      'cycles',
      {
        'a.ts': "import './b.js'",
        'b.ts': "import type { C } from './c.js'",
        'c.ts': "import './a.js'\nimport './d.js'",
      },
      ['a.ts → b.ts', 'b.ts → c.ts', 'c.ts → a.ts'],
    ],
    ['cycles', { 'a.ts': "import './b.js'\nimport './c.js'", 'b.ts': "import './c.js'", 'c.ts': '' }, []],
    ['startup', { 'main.ts': "import { a } from './a.js'", 'a.ts': "import { z } from 'zod'" }, ['a.ts → zod']],
    [
      'startup',
      {
        'main.ts': "import type { A } from './a.js'\nconst b = () => import('./b.js')\nimport 'node:fs'",
        'a.ts': "import { z } from 'zod'",
        'b.ts': "import { z } from 'zod'",
      },
      [],
    ],
    ['environment', { 'jobs/a.ts': 'const a = process.env.A', 'config/a.ts': 'process.env' }, ['jobs/a.ts']],
    ['environment', { 'jobs/a.ts': "import { env } from 'node:process'" }, ['jobs/a.ts']],
    [
      'defaultExports',
      { 'a.ts': 'const a = 1\nexport default a', 'b.ts': 'export { a as default }' },
      ['a.ts', 'b.ts'],
    ],
    [
      'names',
      { 'jobs/index.ts': '', 'git-utils.ts': '', 'helpers/a.ts': '', 'place-index.ts': '' },
      ['jobs/index.ts', 'git-utils.ts', 'helpers/a.ts'],
    ],
    ['lengths', { 'a.ts': 'x\n'.repeat(301), 'b.ts': 'x\n'.repeat(300) }, ['a.ts']],
  ]
  for (const [rule, sources, found] of planted) {
    it(`find ${found.join(', ') || 'nothing'} by ${rule}`, () => {
      assert.deepEqual(RULES[rule](new Map(Object.entries(sources))), found)
    })
  }
})

interface Import {
  readonly from: string
  /** A path below src/, or what is imported from elsewhere as it is written. */
  readonly to: string
  readonly isLazy: boolean
  readonly isType: boolean
}

const IMPORT = /^\s*(?:import|export)\s[^'"`;]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm

function importsOf(sources: Sources): Import[] {
  return [...sources].flatMap(([from, text]) =>
    [...text.matchAll(IMPORT)].map((match) => {
      const specifier = match[1] ?? match[2] ?? match[3] ?? ''
      const ours = specifier.startsWith('.')
      return {
        from,
        to: ours ? posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts') : specifier,
        isLazy: match[3] !== undefined,
        isType: /^\s*(?:import|export) type\b/.test(match[0]),
      }
    }),
  )
}

// What neither leads to a further import nor is imported itself is on no cycle, and neither is what is left alone by that.
function cyclesOf(imports: readonly Import[]): readonly Import[] {
  const importers = new Set(imports.map(({ from }) => from))
  const imported = new Set(imports.map(({ to }) => to))
  const rest = imports.filter(({ from, to }) => importers.has(to) && imported.has(from))
  return rest.length === imports.length ? rest : cyclesOf(rest)
}

function reachedFrom(start: string, imports: readonly Import[]): ReadonlySet<string> {
  const reached = new Set([start])
  for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to)
  return reached
}

function filesWith(sources: Sources, pattern: RegExp): string[] {
  return [...sources].filter(([, text]) => pattern.test(text)).map(([path]) => path)
}

function arrow({ from, to }: Import): string {
  return `${from} → ${to}`
}

function isOurs(path: string): boolean {
  return path.endsWith('.ts')
}

/** The folder below src/, or the file where it stands beside the folders. */
function roomOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function readSources(folder: string): Sources {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}
