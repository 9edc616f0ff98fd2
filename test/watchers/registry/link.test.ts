import assert from 'node:assert/strict'
import { it } from 'node:test'
import { nextQuery } from '../../../src/watchers/registry/link.js'

const CASES: readonly [header: string, expected: string | undefined][] = [
  ['', undefined],
  ['</v2/team/app/tags/list?last=b&n=2>; rel="next"', 'last=b&n=2'],
  ['</v2/team/app/tags/list?last=b&n=2>;rel=next', 'last=b&n=2'],
  ['</v2/team/app/tags/list?last=v1&n=2&orderby=>; rel="next"', 'last=v1&n=2&orderby='],
  ['<https://evil.example.com:1/other?last=b#part>; rel="next"', 'last=b'],
  ['<?n=2>; title="a, <b>; rel=next"; REL="prev NEXT"', 'n=2'],
  ['<?n=1>; rel="prev", <?n=2>; rel="next"', 'n=2'],
  ['<?n=1>; rel="nextish"', undefined],
  ['<?n=1>', undefined],
  ['</v2/team/app/tags/list>; rel="next"', undefined],
  ['<?n=1; rel="next"', undefined],
  ['<'.repeat(16_000), undefined],
]

for (const [header, expected] of CASES) {
  it(`reads ${header.slice(0, 60)}`, () => assert.equal(nextQuery(header), expected))
}
