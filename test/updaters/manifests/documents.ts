import fc from 'fast-check'

/*
 * Any YAML: of every style of scalar and collection, with anchors, comments, blanks and line ends as people have them, about images
 * and other things.
 */

type Tree = Leaf | MapTree | ListTree | { readonly kind: 'alias'; readonly index: number }

interface Leaf extends Properties {
  readonly kind: 'scalar'
  readonly text: string
  readonly style: (typeof STYLES)[number]
}

interface MapTree extends Properties {
  readonly kind: 'map'
  readonly flow: boolean
  readonly merge: number
  readonly entries: readonly { readonly key: string; readonly value: Tree; readonly around: Around }[]
}

interface ListTree extends Properties {
  readonly kind: 'list'
  readonly flow: boolean
  /** Whether the items stand as deep as the key above them. */
  readonly flat: boolean
  readonly items: readonly { readonly value: Tree; readonly around: Around }[]
}

interface Properties {
  readonly anchored: boolean
}

interface Around {
  readonly before: string
  readonly gap: string
  readonly after: string
}

const STYLES = ['plain', 'single', 'double', 'escaped', 'tagged', 'literal', 'folded', 'multiline'] as const

export const HEX = `${'0123456789abcdef'.repeat(4)}`

const TEXTS = [
  ...[
    'ghcr.io/org/app:1.4.2',
    'app:1.0',
    `org/app:v1@sha256:${HEX}`,
    'app',
    'localhost:5000/a/b:x',
    `org/app@sha256:${HEX}`,
  ],
  ...['1.4.2', 'v1', '1.10', '1e3', '0x1f', 'latest', `sha256:${HEX}`, `1.4.2@sha256:${HEX}`, 'on', '12', '2024-01-01'],
  ...[
    '',
    'two words',
    'größe',
    '~',
    'null',
    'a=app:1.0',
    '--image=org/app:1',
    'oci://ghcr.io/org/app',
    "it's",
    'ghcr.io',
  ],
]

const KEYS = [
  ...[
    'image',
    'image',
    'repository',
    'repository',
    'tag',
    'tag',
    'digest',
    'digest',
    'registry',
    'images',
    'name',
    'newTag',
  ],
  ...[
    'newName',
    'version',
    'imageName',
    'reference',
    'spec',
    'kustomize',
    'helm',
    'parameters',
    'value',
    'url',
    'ref',
    'x',
    'y',
  ],
  ...['"image"', "'tag'", '"größe"', 'global', 'imageRegistry', '? image', 'b.c', '"a b"'],
]

const COMMENTS = [
  ...['', '', '', '', ' # why', '\t# why', '   ', '\t', ' # größe 🌊', ' # image: x:1'],
  ...[' # tidemark: p', ' # tidemark: p:tag', ' # tidemark: p:digest', ' # tidemark: ignore', ' # tidemark: hold it'],
  ...[' # {"$imagepolicy": "a:p"}', ' # {"$imagepolicy": "a:p:tag"}', ' # tidemark:'],
]

const around = fc.record({
  before: fc.constantFrom('', '', '', '\n', '# a line\n', '  # deeper\n', '# tidemark: p\n'),
  gap: fc.constantFrom('', '', '', ' ', '  '),
  after: fc.constantFrom(...COMMENTS),
})
const anchored = fc.boolean()
const leaf = {
  kind: fc.constant('scalar' as const),
  style: fc.constantFrom('plain' as const, 'plain' as const, 'plain' as const, 'double' as const, ...STYLES),
  anchored,
}
const scalar: fc.Arbitrary<Leaf> = fc.record({ ...leaf, text: fc.constantFrom(...TEXTS) })

const entry = (keys: readonly string[], texts: readonly string[]) =>
  fc.record({
    key: fc.constantFrom(...keys),
    value: fc.record({ ...leaf, text: fc.constantFrom(...texts) }),
    around,
  })
const map = { kind: fc.constant('map' as const), flow: fc.boolean(), merge: fc.nat(10), anchored }
const list = { kind: fc.constant('list' as const), flow: fc.boolean(), flat: fc.boolean(), anchored }

/** What belongs to an image, as charts and kustomize have it. */
const image: fc.Arbitrary<MapTree> = fc.record({
  ...map,
  entries: fc
    .tuple(
      entry(['repository', 'repository', 'name', 'newName', 'image'], ['ghcr.io/org/app', 'org/app', 'app']),
      entry(['tag', 'tag', 'newTag', 'version', "'tag'"], ['1.4.2', 'v1', '1.10', 'latest', `1.4.2@sha256:${HEX}`]),
      fc.option(entry(['digest', 'digest', 'sha'], [`sha256:${HEX}`, '', 'null', '~'])),
    )
    .map((entries) => entries.filter((each) => each !== null)),
})

const { tree } = fc.letrec<{ tree: Tree; map: MapTree; list: ListTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: fc.record({ kind: fc.constant('alias' as const), index: fc.nat(20) }), weight: 1 },
    { arbitrary: image, weight: 3 },
    {
      arbitrary: fc.record({ ...list, items: fc.array(fc.record({ value: image, around }), { maxLength: 3 }) }),
      weight: 1,
    },
    { arbitrary: tie('map'), weight: 4 },
    { arbitrary: tie('list'), weight: 2 },
  ),
  map: fc.record({
    ...map,
    entries: fc.array(fc.record({ key: fc.constantFrom(...KEYS), value: tie('tree'), around }), { maxLength: 5 }),
  }),
  list: fc.record({
    ...list,
    items: fc.array(fc.record({ value: tie('tree'), around }), { maxLength: 4 }),
  }),
}))

const separator = fc.constantFrom('---\n', '--- # next\n', '...\n---\n', '---\n# top\n', '...\n%YAML 1.2\n---\n')

/** The text of a stream of documents. */
export const anyDocuments: fc.Arbitrary<string> = fc
  .record({
    trees: fc.array(fc.tuple(tree, separator), { minLength: 1, maxLength: 3 }),
    start: fc.constantFrom('', '', '\ufeff', '---\n', '# top\n\n', '\ufeff# top\n'),
    ends: fc.constantFrom(['\n'], ['\n'], ['\r\n'], ['\n', '\r\n']),
    isOpen: fc.boolean(),
  })
  .map(({ trees, start, ends, isOpen }) => {
    const text = trees.map(([tree, separator], index) => `${index === 0 ? start : separator}${written(tree)}`).join('')
    const lines = (isOpen ? text.replace(/\n$/, '') : text).split('\n')
    return lines.map((line, at) => `${line}${at === lines.length - 1 ? '' : ends[at % ends.length]}`).join('')
  })

/** Writes a tree as a document of its own. */
function written(root: Tree): string {
  const anchors: { readonly name: string; readonly isMap: boolean }[] = []
  let names = 0

  const { head, body } = block(root, '', false)
  return head === '' ? body : `${head}\n${body}`

  /** What stands behind a key or dash, and the lines below it. */
  function block(tree: Tree, pad: string, isItem: boolean): { head: string; body: string } {
    if (tree.kind === 'alias') return { head: alias(tree.index), body: '' }
    const { mark, done } = anchor(tree)
    const inner = blockContent(tree, pad, isItem, mark)
    done()
    return inner
  }

  function blockContent(tree: Exclude<Tree, { kind: 'alias' }>, pad: string, isItem: boolean, mark: string) {
    if (tree.kind === 'scalar') return blockScalar(tree, pad, mark)
    const size = tree.kind === 'map' ? tree.entries.length : tree.items.length
    if (tree.flow || size === 0) return { head: `${mark}${flowContent(tree)}`, body: '' }
    const lines = tree.kind === 'map' ? mapLines(tree, pad) : listLines(tree, tree.flat && !isItem ? pad.slice(2) : pad)
    return { head: mark.trim(), body: lines }
  }

  function mapLines({ entries, merge }: MapTree, pad: string): string {
    const merged = anchors.filter(({ isMap }) => isMap)[merge]
    const lines = entries.map(({ key, value, around: { before, gap, after } }) => {
      const { head, body } = block(value, `${pad}  `, false)
      const isExplicit = key.startsWith('?')
      const colon = isExplicit ? `${key}${after}\n${pad}:` : `${key}${gap}:`
      return `${before}${pad}${colon}${head === '' ? '' : ` ${head}`}${comment(head, after)}\n${body}`
    })
    return `${merged === undefined ? '' : `${pad}<<: *${merged.name}\n`}${lines.join('')}`
  }

  function listLines({ items }: ListTree, pad: string): string {
    return items
      .map(({ value, around: { before, gap, after } }) => {
        const { head, body } = block(value, `${pad}  `, true)
        return `${before}${pad}-${head === '' ? '' : ` ${gap}${head}`}${comment(head, after)}\n${body}`
      })
      .join('')
  }

  function blockScalar({ text, style }: Leaf, pad: string, mark: string): { head: string; body: string } {
    const inside = `${pad}  `
    if (style === 'literal')
      return { head: `${mark}|`, body: `${inside}${text}\n${inside}image: x:1 # tidemark: p\n\n` }
    if (style === 'folded') return { head: `${mark}>-`, body: `${inside}folded\n${inside}${text}\n` }
    return { head: `${mark}${flowScalar(text, style, inside)}`, body: '' }
  }

  function flow(tree: Tree): string {
    if (tree.kind === 'alias') return alias(tree.index)
    const { mark, done } = anchor(tree)
    const content = tree.kind === 'scalar' ? flowScalar(tree.text, tree.style, ' '.repeat(20), true) : flowContent(tree)
    done()
    return `${mark}${content}`
  }

  function flowContent(tree: MapTree | ListTree): string {
    if (tree.kind === 'list')
      return `[${tree.items.map(({ value, around: { gap } }) => `${flow(value)} ${gap}`).join(', ')}]`
    const entries = tree.entries.map(({ key, value, around: { gap } }) => `${key}${gap}: ${flow(value)} `)
    return `{ ${entries.join(', ')}}`
  }

  function anchor({ kind, anchored }: Exclude<Tree, { kind: 'alias' }>) {
    if (!anchored) return { mark: '', done: () => {} }
    const name = `a${names++}`
    return { mark: `&${name} `, done: () => void anchors.push({ name, isMap: kind === 'map' }) }
  }

  function alias(index: number): string {
    const found = anchors[index]
    return found === undefined ? 'nothing' : `*${found.name} `
  }
}

function flowScalar(text: string, style: Leaf['style'], pad: string, isFlow = false): string {
  const quotable = text.replaceAll('"', '')
  switch (style) {
    case 'single':
      return `'${text.replaceAll("'", "''")}'`
    case 'double':
      return `"${quotable}"`
    case 'escaped':
      return `"${[...quotable].map((letter, index) => (index === 0 && letter < '\x7f' ? `\\x${letter.charCodeAt(0).toString(16)}` : letter)).join('')}"`
    case 'tagged':
      return `!!str "${quotable}"`
    case 'multiline':
      return `"${quotable}\n${pad}and more"`
    default:
      return isFlow && text === '' ? "''" : text
  }
}

/** No comment can stand behind the head of a block scalar's line that is none. */
function comment(head: string, after: string): string {
  return head === '' && after.trim() === '' ? '' : after
}
