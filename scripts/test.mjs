// The gate for people and CI alike: what is missing is installed, then types, lint, format and every test.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { prepareModules, preparePrograms, root, run } from './prepare.mjs'

/** A test file needs a program when it, or a part it imports, starts it. */
const PARTS = {
  git: 'git-server',
  'docker-registry': 'docker-registry',
  'redis-server': 'redis',
  nginx: 'nginx',
  sshd: 'ssh-server',
  'ssh-keygen': 'ssh-keys',
  fcgiwrap: 'cgi-server',
  gpg: 'gpg',
  prometheus: 'prometheus',
  chromium: 'browser',
}

prepareModules()
const absent = preparePrograms(Object.keys(PARTS))
const given = process.argv.slice(2)
const files = given.length > 0 ? given : testFiles('test')
const skipped = files.filter((file) => absent.some((program) => needs(file, PARTS[program])))

const bin = (name) => join(root, 'node_modules/.bin', name)
const tests = files.filter((file) => !skipped.includes(file))
// Most files wait for programs that they start: one more than there are cores keeps these busy.
const concurrency = `--test-concurrency=${availableParallelism() + 1}`
const steps = [
  ['build', bin('tsc'), ['-p', 'tsconfig.build.json']],
  ['types', bin('tsc'), ['-p', '.']],
  ['lint and format', bin('biome'), ['check', '.']],
  [
    'tests',
    process.execPath,
    ['--import', 'tsx', '--test', '--test-reporter=spec', '--test-timeout=120000', concurrency, ...tests],
  ],
]
const failed = steps.filter(([name, command, args]) => {
  console.error(`\n— ${name}`)
  return !run(command, args)
})

if (skipped.length > 0) {
  console.error(`\nNOT RUN, because ${absent.join(', ')} could not be installed here:`)
  for (const file of skipped) console.error(`  ${file}`)
}
for (const [name] of failed) console.error(`\nFailed: ${name}`)
process.exit(failed.length > 0 || (skipped.length > 0 && process.env.CI === 'true') ? 1 : 0)

function testFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .sort()
}

function needs(file, part) {
  const text = readFileSync(join(root, file), 'utf8')
  const parts = [...text.matchAll(/parts\/([a-z-]+)\.js'/g)].map(([, name]) => name)
  return parts.some((name) => name === part || needs(join('test/parts', `${name}.ts`), part))
}
