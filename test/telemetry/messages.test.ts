import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'

it('operations says of each message of the log what to do', () => {
  const source = readFileSync('src/telemetry/events.ts', 'utf8')
  const [, section = ''] = readFileSync('docs/operations.md', 'utf8').split('\n## Log\n')
  const log = section.slice(0, section.indexOf('\n## '))
  // A message is the only text in quotes that begins like a sentence.
  const messages = new Set([...source.matchAll(/'([A-Z][a-z]+ [^']+)'/g)].map(([, message = '']) => message))
  assert.ok(messages.size > 30, String(messages.size))
  for (const message of messages) assert.ok(log.includes(`\`${message}\``), message)
})
