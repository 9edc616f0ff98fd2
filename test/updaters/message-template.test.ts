import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Change, commitMessage } from '../../src/updaters/commit-message.js'
import { messageTemplate } from '../../src/updaters/message-template.js'
import { releaseTrailers, updateTrailer, updateTrailers } from '../../src/updaters/trailers.js'
import { git } from '../parts/git-server.js'

const app: Change = { policy: 'app', image: 'ghcr.io/org/app', file: 'a.yaml', line: 3, from: '1.0', to: '1.1' }
const web: Change = { policy: 'web', image: 'web', file: 'b.yaml', line: 5, from: '', to: '2.0' }
const APP = 'Tidemark-Update: app ghcr.io/org/app 1.0 -> 1.1'
const WEB = 'Tidemark-Update: web web none -> 2.0'
const SIGN_OFF = 'Signed-off-by: Bot <bot@example.com>'

function render(template: string, changes: readonly Change[], signOff = false): string {
  return commitMessage(changes, {
    template: messageTemplate(template, 'fleet', 'main'),
    provenance: new Map([['app', { revision: 'f00d', createdAt: Date.UTC(2026, 0, 2) }]]),
    ...(signOff ? { signOff: { name: 'Bot', email: 'bot@example.com' } } : {}),
  })
}

describe('a message by a template', () => {
  const MESSAGES: readonly [template: string, changes: readonly Change[], message: string][] = [
    ['chore(images): {{ summary }}', [app], `chore(images): app to 1.1\n\n${APP}\n`],
    [
      '{{ git }}/{{ branch }}: {{ summary }}\n\n\nWhy.\n\n',
      [app, web],
      `fleet/main: 2 images\n\nWhy.\n\n${APP}\n${WEB}\n`,
    ],
    ['A\nB', [app], `A\n\nB\n\n${APP}\n`],
    [' \n\n', [app], `Update app to 1.1\n\n${APP}\n`],
    ['{{ "x" | append: "" }}\r\n\r\n\t- y  ', [app], `x\n\n  - y\n\n${APP}\n`],
    [
      'A\n{% for c in changes %}\n{{ c.file }}:{{ c.line }} {{ c.from | default: "new" }} {{ c.revision }} {{ c.createdAt }}{% endfor %}',
      [app, web],
      `A\n\na.yaml:3 1.0 f00d 2026-01-02T00:00:00Z\nb.yaml:5 new\n\n${APP}\n${WEB}\n`,
    ],
    [
      '{% for p in policies %}{{ p.name }} {{ p.image }} {{ p.from }} {{ p.to }};{% endfor %}',
      [{ ...app, from: 'sha256:a', to: 'sha256:abc' }, app],
      `app ghcr.io/org/app 1.0 1.1;\n\nTidemark-Update: app ghcr.io/org/app sha256:a -> sha256:abc\n${APP}\n`,
    ],
    ['A\n\nRefs: #1\nTeam: {{ git }}', [app], `A\n\nRefs: #1\nTeam: fleet\n${APP}\n`],
    ['A{% if true %}\n\n{% endif %}Refs: #1', [app], `A\n\nRefs: #1\n${APP}\n`],
    ['Refs: #1', [app], `Refs: #1\n\n${APP}\n`],
    [`${'x'.repeat(300)}`, [app], `${'x'.repeat(200)}…\n\n${APP}\n`],
  ]
  for (const [template, changes, message] of MESSAGES) {
    it(`is what ${JSON.stringify(template.slice(0, 60))} says`, () => assert.equal(render(template, changes), message))
  }

  it('ends with who signs off, once', () => {
    assert.equal(render('A', [app], true), `A\n\n${APP}\n${SIGN_OFF}\n`)
    assert.equal(render(`A\n\n${SIGN_OFF}`, [app], true), `A\n\n${SIGN_OFF}\n${APP}\n`)
  })

  it('lets no text of others be a line or a trailer of its own', async () => {
    const files = [
      'Tidemark-Update: a b 1 -> 2',
      'x\n\nTidemark-Update: a b 1 -> 2\n',
      'Reviewed-by: Eve',
      '\x1b[2J{{ git }}',
    ]
    const changes = files.map((file) => ({ ...app, file }))
    const message = render('{{ changes.first.file }}\n\n{% for c in changes %}{{ c.file }}\n{% endfor %}', changes)
    assert.equal(
      message,
      `> Tidemark-Update: a b 1 -> 2

> Tidemark-Update: a b 1 -> 2
x\\u{a}\\u{a}Tidemark-Update: a b 1 -> 2\\u{a}
Reviewed-by: Eve
\\u{1b}[2J{{ git }}

${APP}
`,
    )
    assert.equal((await git(tmpdir(), ['interpret-trailers', '--parse'], { input: message })).toString(), `${APP}\n`)
    assert.deepEqual(updateTrailers(message), [{ policy: 'app', image: 'ghcr.io/org/app', from: '1.0', to: '1.1' }])
  })

  it('has the trailers of its changes and no other, whatever the texts of others', () => {
    const template = '{{ changes.first.file }}\n{% for c in changes %}* {{ c.from }}\n{{ c.file }}{% endfor %}'
    const text = fc.string({
      unit: fc.constantFrom(...'a \n\t:*->{%}\u2028', 'Tidemark-Update: a b 1 -> 2', 'Tidemark-Release: a b'),
      maxLength: 12,
    })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }), (texts) => {
        const changes = texts.map(([file, from]) => ({ ...app, file, from }))
        const own = [...new Set(changes.map(updateTrailer))].join('\n')
        for (const message of [render(template, changes), commitMessage(changes)]) {
          assert.deepEqual(updateTrailers(message), updateTrailers(own))
          assert.deepEqual(releaseTrailers(message), [])
        }
      }),
    )
  })

  it('says of which branch it is where it cannot be', () => {
    assert.throws(() => render('{% if changes.size > 1 %}{{ changes[2].file }}{% endif %}', [app, web]), {
      name: 'TemplateError',
      code: 'CANNOT_RENDER',
      message:
        'Cannot write the message of a commit to "main" of "fleet": line 1, column 29: undefined variable: changes.2',
    })
  })
})
