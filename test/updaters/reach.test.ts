import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fileMatcher } from '../../src/updaters/files.js'
import { type Reach, reachOf } from '../../src/updaters/reach.js'

const ALL = Number.POSITIVE_INFINITY

/** How many levels are wanted from a folder on; 0 where nothing in it can match. */
const CASES: readonly (readonly [globs: readonly string[] | undefined, folder: string, levels: number])[] = [
  [undefined, '', ALL],
  [undefined, 'any/where', ALL],
  [['app.yaml'], '', 1],
  [['app.yaml'], 'apps', 0],
  [['apps/**'], '', 1],
  [['apps/**'], 'apps', ALL],
  [['apps/**'], 'apps/a/b', ALL],
  [['apps/**'], 'other', 0],
  [['clusters/prod/*.yaml'], '', 3],
  [['clusters/prod/*.yaml'], 'clusters', 2],
  [['clusters/prod/*.yaml'], 'clusters/prod', 1],
  [['clusters/prod/*.yaml'], 'clusters/prod/apps', 0],
  [['clusters/prod/*.yaml'], 'clusters/dev', 0],
  [['a/b/c/d/e/f.yaml'], '', 3],
  [['a/b/c/d/e/f.yaml'], 'a/b/c', 3],
  [['a/b/c/d/e/f.yaml', 'a/x.yaml'], 'a', 3],
  [['apps/*/base/x.yaml'], 'apps', 3],
  [['apps/*/base/x.yaml'], 'apps/any', 2],
  [['apps/team-?/base/x.yaml'], 'apps/team-12', 0],
  [['*/**'], '', ALL],
  [['apps/**', 'clusters/prod/x.yaml'], '', 3],
  [['**/x.yaml', 'apps/x.yaml'], 'apps', ALL],
  [['{apps,infra/prod}/*.yaml'], '', ALL],
  [['apps/[!a]/x.yaml'], 'apps', ALL],
  [['apps/+(a|b)/x.yaml'], 'apps/c', ALL],
  [['./apps/x.yaml'], 'apps', ALL],
  [[String.raw`apps\*/x.yaml`], 'infra', ALL],
  [['"apps"/x.yaml'], 'apps', ALL],
  [['!apps/x.yaml'], 'infra', ALL],
]

describe('the reach of globs', () => {
  for (const [globs, folder, levels] of CASES)
    test(`${JSON.stringify(globs)} in "${folder}": ${levels} levels`, () => {
      assert.equal(into(reachOf(globs), folder)?.levels ?? 0, levels)
    })

  test('has every folder of every path that matches', () => {
    const name = fc.constantFrom('a', 'b', 'ab', '.a', 'a+b', 'a b', '$a', 'a^b', '-', '#', "a'b", 'ü', '{a', 'a)')
    const odd = fc.constantFrom(
      '[ab]',
      '{a,b}',
      '{a,b/c}',
      '!(a)',
      '@(a|b)',
      '"a"',
      String.raw`\a`,
      '',
      '.',
      '!a',
      '[!a]b',
    )
    const part = fc.oneof(name, name, fc.constantFrom('*', '**', '?', 'a*', '*b', '**a', '.*', 'a?'), odd)
    const path = fc.array(name, { minLength: 1, maxLength: 5 })
    const globs = fc.array(fc.array(part, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 })
    let matched = 0
    fc.assert(
      fc.property(globs, fc.array(path, { minLength: 20, maxLength: 20 }), (parts, paths) => {
        const texts = parts.map((each) => each.join('/')).filter((text) => text !== '')
        const matches = fileMatcher(texts)
        for (const names of paths.filter((each) => matches(each.join('/')))) {
          matched++
          assert.notEqual(into(reachOf(texts), names.slice(0, -1).join('/')), undefined, `${texts} ${names.join('/')}`)
        }
      }),
      { numRuns: 1_000 },
    )
    assert.ok(matched > 500, `${matched}`)
  })
})

function into(reach: Reach, folder: string): Reach | undefined {
  const names = folder === '' ? [] : folder.split('/')
  return names.reduce<Reach | undefined>((found, name) => found?.into(name), reach)
}
