import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Html, html, type Part } from '../../../src/web/page/html.js'

test('escapes every value that is not markup of its own', () => {
  const cases: [part: Part, text: string][] = [
    ['<script>alert("1")</script>', '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'],
    [`a' onclick='b`, 'a&#39; onclick=&#39;b'],
    ['&amp;', '&amp;amp;'],
    ['$& and $1', '$&amp; and $1'],
    [html`<b>${'<'}</b>`, '<b>&lt;</b>'],
    [['<', html`<i></i>`, [1, '>']], '&lt;<i></i>1&gt;'],
    [[], ''],
    [0, '0'],
    ['', ''],
    [undefined, ''],
    [false, ''],
  ]
  for (const [part, text] of cases) assert.equal(String(html`[${part}]`), `[${text}]`)
})

test('shows the text of a value that only looks like markup', () => {
  const posing = { toString: () => '<b>' } as unknown as string
  assert.throws(() => html`${posing}`, TypeError)
  assert.throws(() => new Html(Symbol('made here') as never, '<b>'), /^TypeError: Cannot make markup: use html`…`$/)
})
