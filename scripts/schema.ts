// Writes config/tidemark.schema.json. With --check it only tells, by exit code 1, that the file is not up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { policyFileSchema } from '../src/config/json-schema.js'

const file = new URL('../config/tidemark.schema.json', import.meta.url)
const text = `${JSON.stringify(policyFileSchema(), undefined, 2)}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
} else if (readFileSync(file, 'utf8') !== text) {
  console.error('config/tidemark.schema.json is stale: run "npm run schema"')
  process.exitCode = 1
}
