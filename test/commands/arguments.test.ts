import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseArguments, usageOf, usageOfAll } from '../../src/commands/arguments.js'
import { COMMANDS } from '../../src/commands/commands.js'
import { UsageError } from '../../src/commands/errors.js'

const run = await loaded('run')
const sync = await loaded('sync')
const plan = await loaded('plan')
const explain = await loaded('explain')

describe('arguments', () => {
  it('have defaults', () => {
    assert.deepEqual(parseArguments([], sync), {
      operands: [],
      options: {},
      config: ['tidemark.yaml'],
      output: 'text',
      verbosity: 'normal',
      help: false,
    })
  })

  it('are read in any order', () => {
    const given = ['--verbose', 'podinfo', '--config', 'a.yaml', '--output=json', '--config=b']
    assert.deepEqual(parseArguments(given, explain), {
      operands: ['podinfo'],
      options: {},
      config: ['a.yaml', 'b'],
      output: 'json',
      verbosity: 'verbose',
      help: false,
    })
  })

  it('know the options of their command only', () => {
    assert.deepEqual(parseArguments(['--exit-code'], plan).options, { 'exit-code': true })
    assert.deepEqual(parseArguments(['--port', '0', '--host', '::1'], run).options, { port: '0', host: '::1' })
    assert.throws(() => parseArguments(['--exit-code'], sync), UsageError)
  })

  it('ask for help by one letter too', () => assert.equal(parseArguments(['-h'], sync).help, true))

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--bogus'], /^Cannot read the arguments: Unknown option '--bogus'$/],
    [['--config'], /^Cannot read the arguments: Option '--config.*argument missing$/],
    [['--quiet=yes'], /^Cannot read the arguments: Option '--quiet' does not take an argument$/],
    [['--output', 'xml'], /^Cannot run "sync": --output must be text or json, found "xml"$/],
    [['--quiet', '--verbose'], /^Cannot run "sync": --quiet and --verbose exclude each other$/],
    [['podinfo'], /^Cannot run "sync": unexpected argument "podinfo"$/],
  ]
  for (const [given, message] of wrong) {
    it(`${given.join(' ')} is refused`, () =>
      assert.throws(() => parseArguments(given, sync), { name: 'UsageError', message }))
  }
})

describe('help', () => {
  it('lists commands and options', () => {
    assert.match(
      usageOfAll(COMMANDS),
      /^Usage: tidemark COMMAND[\s\S]* {2}run +Run the service\n[\s\S]* {2}explain \[POLICY\] +Show/,
    )
    assert.match(
      usageOf(run),
      /^Usage: tidemark run \[options\]\n\nRun the service\n\nOptions:\n {2}--host ADDRESS +address/,
    )
  })
})

async function loaded(name: string) {
  const listed = COMMANDS.find((command) => command.name === name)
  assert.ok(listed)
  return { ...listed, ...(await listed.load()) }
}
