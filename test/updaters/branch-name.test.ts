import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { branchNameFrom, branchNames } from '../../src/updaters/branch-name.js'
import { requireBranchName } from '../../src/updaters/git/references.js'

describe('the name of a branch', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['tidemark/app', 'tidemark/app'],
    ['tidemark/ghcr.io/org/app-1.0.0', 'tidemark/ghcr.io/org/app-1.0.0'],
    ['tidemark/app@sha256:0123', 'tidemark/app@sha256-0123'],
    ['  a b\tc\n', 'a-b-c'],
    ['a~b^c?d*e[f\\g', 'a-b-c-d-e-f-g'],
    ['a..b...c', 'a-b-c'],
    ['a@{1}', 'a-1}'],
    ['/a//b/', 'a/b'],
    ['.a/.b', 'a/b'],
    ['-a', 'a'],
    ['a.lock/b.lock', 'a-/b-'],
    ['a.', 'a-'],
    ['bücher', 'bücher'],
    ['', ''],
    ['///', ''],
  ]
  for (const [text, name] of cases) it(`of ${JSON.stringify(text)}`, () => assert.equal(branchNameFrom(text), name))

  it('is one that a branch can have, whatever the text is', () => {
    const texts = fc.string({ unit: fc.constantFrom(...'a.@{}/-lock \\~^:?*[\u0000\u00a0') })
    fc.assert(
      fc.property(texts, (text) => {
        const name = branchNameFrom(text)
        if (name !== '' && name !== '@') requireBranchName(name)
      }),
    )
  })

  it('is made of what an update has', () => {
    const naming = { policy: 'app', image: 'ghcr.io/org/app', tag: '1.1.0', branch: 'main', git: 'fleet' }
    const nameOf = (template: string) => branchNames(template)(naming)
    assert.equal(nameOf('{{ git }}/{{ branch }}/{{ policy }}-{{ tag }}'), 'fleet/main/app-1.1.0')
    assert.equal(nameOf('{{ image | upcase }}'), 'GHCR.IO/ORG/APP')
    assert.equal(nameOf('staging'), 'staging')
    assert.equal(nameOf(''), '')
    assert.throws(() => nameOf('{% if policy == "app" %}{{ tag.major }}{% endif %}'), {
      code: 'CANNOT_RENDER',
      message: /^Cannot name the branch for policy "app": /,
    })
    assert.throws(() => branchNames('{{ version }}'), { name: 'TemplateError', code: 'INVALID_TEMPLATE' })
  })
})
