// Looks for manifests that crash, hang or are harmed by an update: `npm run fuzz -- --seconds 600`.
// `--seed N --round M` does one round again, and writes what it looks at to the folder for temporary files.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkSample, readCorpus, sampleOf } from '../test/updaters/manifests/fuzz.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, round: { type: 'string' } },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const corpus = readCorpus()

if (values.round === undefined) {
  const end = performance.now() + Number(values.seconds) * 1_000
  let round = 0
  let found = 0
  for (; performance.now() < end; round++) found += look(round) ? 0 : 1
  console.log(`${round} rounds of seed ${seed}, ${found} found`)
  process.exitCode = found > 0 ? 1 : 0
} else {
  const { name, bytes } = sampleOf(corpus, seed, Number(values.round))
  const file = join(tmpdir(), `fuzz-${seed}-${values.round}`)
  writeFileSync(file, bytes)
  console.log(`"${name}", written to ${file}`)
  process.exitCode = look(Number(values.round)) ? 0 : 1
}

function look(round: number): boolean {
  try {
    checkSample(sampleOf(corpus, seed, round))
    return true
  } catch (error) {
    console.error(`--seed ${seed} --round ${round}:`, error)
    return false
  }
}
