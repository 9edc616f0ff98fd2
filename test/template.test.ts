import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { compileBranchTemplate, compileMessageTemplate, compileTemplate } from '../src/template.js'

const { cache } = createRequire(import.meta.url)
const isLoaded = () => Object.keys(cache).some((path) => path.includes('/liquidjs/'))
const wasLoaded = isLoaded()

const VALUES = {
  summary: 'app to 1.1.0',
  changes: [{ file: 'a.yaml' }, { file: 'b.yaml', revision: 'f00d' }],
  none: null,
}
const NAMES = Object.keys(VALUES)

describe('a template', () => {
  it('is what its library is loaded for', () => {
    compileTemplate('', [])
    assert.deepEqual([wasLoaded, isLoaded()], [false, true])
  })

  const RENDERED: readonly [template: string, text: string][] = [
    ['', ''],
    ['chore: {{ summary }}', 'chore: app to 1.1.0'],
    [
      '{% for change in changes %}{{ change.file }}{% unless forloop.last %}, {% endunless %}{% endfor %}',
      'a.yaml, b.yaml',
    ],
    ['{{ changes | map: "file" | join: "+" | upcase }}', 'A.YAML+B.YAML'],
    ['{{ changes.size }} {{ changes[0].file }} {{ changes.last.file }}', '2 a.yaml b.yaml'],
    ['{% assign a = changes | first %}{{ a.file }}{{ none }}', 'a.yaml'],
    ['{% for c in changes %}{% if c.revision %}{{ c.revision }}{% endif %}{% endfor %}', 'f00d'],
    ['{{ none | default: "-" }}{%- comment %} not seen {% endcomment -%} ', '-'],
    ['{{ "2026-01-02T23:30:00Z" | date: "%Y-%m-%d %H:%M" }}', '2026-01-02 23:30'],
  ]
  for (const [template, text] of RENDERED) {
    it(`gives "${text}" for ${template || 'nothing'}`, () => {
      assert.equal(compileTemplate(template, NAMES).render(VALUES), text)
    })
  }

  const INVALID: readonly [template: string, message: string][] = [
    ['a\n {{ b }', 'line 2, column 2: output "{{ b }" not closed'],
    ['{{ summary | shout }}', 'line 1, column 1: undefined filter: shout'],
    ['{{ sumary }}', 'line 1, column 4: unknown variable "sumary": expected "summary", "changes", "none"'],
    [
      '{% if nobody %}{% endif %}',
      'line 1, column 7: unknown variable "nobody": expected "summary", "changes", "none"',
    ],
    ['{% for a in changes %}', 'line 1, column 1: tag {% for a in changes %} not closed'],
    ['{% include "/etc/passwd" %}', 'line 1, column 1: tag "include" not found'],
    ['{% render "x" %}', 'line 1, column 1: tag "render" not found'],
    ['{% layout "x" %}', 'line 1, column 1: tag "layout" not found'],
    ['{{ summary | url_decode }}', 'line 1, column 1: undefined filter: url_decode'],
    ['x'.repeat(16 * 1024 + 1), 'parse length limit exceeded'],
    [`{{ 1 | ${'x'.repeat(1_000)} }}`, `line 1, column 1: undefined filter: ${'x'.repeat(182)}…`],
  ]
  for (const [template, message] of INVALID) {
    it(`is refused: ${message.slice(0, 80)}`, () => {
      assert.throws(() => compileTemplate(template, NAMES), { code: 'INVALID_TEMPLATE', message })
    })
  }

  const FAILING: readonly [template: string, message: string][] = [
    ['{{ changes[0].flie }}', 'line 1, column 4: undefined variable: changes.0.flie'],
    ['{{ summary.constructor }}', 'line 1, column 4: undefined variable: summary.constructor'],
    ['{{ changes[0].__proto__ }}', 'line 1, column 4: undefined variable: changes.0.__proto__'],
    ['{% for i in (1..100000000) %}{{ i }}{% endfor %}', 'line 1, column 1: memory alloc limit exceeded'],
    [
      '{% assign a = "0123456789" %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}',
      'line 1, column 52: memory alloc limit exceeded',
    ],
  ]
  for (const [template, message] of FAILING) {
    it(`says what it cannot render: ${message}`, () => {
      assert.throws(() => compileTemplate(template, NAMES).render(VALUES), { code: 'CANNOT_RENDER', message })
    })
  }

  it('makes no more than can be read', () => {
    const template = compileTemplate(`{% for i in (1..1000) %}${'x'.repeat(5_000)}{% endfor %}`, [])
    assert.throws(() => template.render({}), {
      code: 'CANNOT_RENDER',
      message: 'text is longer than 4194304 characters',
    })
  })

  it('that does not end is ended', () => {
    const loop = (body: string) => `{% for i in (1..10000) %}${body}{% endfor %}`
    assert.throws(() => compileTemplate(loop(loop(loop(''))), NAMES).render(VALUES), {
      code: 'CANNOT_RENDER',
      message: /limit exceeded$/,
    })
  })
})

describe('a template of messages', () => {
  it('may name what a change has', () => {
    const fields = ['policy', 'image', 'file', 'line', 'from', 'to', 'revision', 'createdAt']
    const text = fields.map((field) => `{{ changes[0].${field} }}`).join('')
    compileMessageTemplate(`{{ summary }}{{ git }}{{ branch }}${text}{{ policies[0].name }}`)
  })

  it('is refused where it names what no change has', () => {
    assert.throws(() => compileMessageTemplate('{% for change in changes %}\n{{ change.tag }}{% endfor %}'), {
      code: 'INVALID_TEMPLATE',
      message: 'line 2, column 4: undefined variable: change.tag',
    })
  })
})

describe('a template of branches', () => {
  it('may name what an update has', () => {
    const values = { policy: 'app', image: 'org/app', tag: '1.1', branch: 'main', git: 'fleet' }
    const template = compileBranchTemplate('{{ git }}/{{ branch }}/{{ policy }}/{{ image }}/{{ tag }}')
    assert.equal(template.render(values), 'fleet/main/app/org/app/1.1')
  })

  const INVALID: readonly [template: string, message: string][] = [
    ['{{ tag.major }}', 'line 1, column 4: undefined variable: tag.major'],
    ['{% for i in (1..100000000) %}x{% endfor %}', 'line 1, column 1: memory alloc limit exceeded'],
  ]
  for (const [template, message] of INVALID) {
    it(`is refused: ${message}`, () => {
      assert.throws(() => compileBranchTemplate(template), { code: 'INVALID_TEMPLATE', message })
    })
  }
})
