import { skipSpace, tokenAt, valueAt } from './header.js'

/**
 * The query of a `Link` header's next page (RFC 8288), without `?`, or undefined where there is none.
 *
 * The rest of the target is not even returned: registries behind a proxy name paths that do not exist, and a hostile one
 * would name another host. The query is meant to be applied to the address that was asked.
 */
export function nextQuery(header: string): string | undefined {
  let open = header.indexOf('<')
  while (open !== -1) {
    const close = header.indexOf('>', open)
    if (close === -1) return undefined
    const { relations, end } = relationsAt(header, close + 1)
    if (relations.includes('next')) return queryOf(header.slice(open + 1, close))
    open = header.indexOf('<', end)
  }
  return undefined
}

/** The words of the first `rel` among the parameters that start at `at`, and where the parameters end. */
function relationsAt(header: string, at: number): { readonly relations: readonly string[]; readonly end: number } {
  let relations: string[] | undefined
  for (at = skipSpace(header, at); header[at] === ';'; at = skipSpace(header, at)) {
    at = skipSpace(header, at + 1)
    const name = tokenAt(header, at).toLowerCase()
    at = skipSpace(header, at + name.length)
    if (header[at] !== '=') continue
    const { text, end } = valueAt(header, skipSpace(header, at + 1))
    if (name === 'rel') relations ??= text.toLowerCase().split(/\s/)
    at = end
  }
  return { relations: relations ?? [], end: at }
}

function queryOf(target: string): string | undefined {
  const [beforeFragment = ''] = target.split('#', 1)
  const query = beforeFragment.indexOf('?')
  return query === -1 ? undefined : beforeFragment.slice(query + 1)
}
