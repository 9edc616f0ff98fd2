export interface PackageUrl {
  readonly type: string
  /** With the namespace before it, such as `library/alpine`. */
  readonly name: string
  readonly version: string | undefined
  readonly qualifiers: ReadonlyMap<string, string>
}

/**
 * Parses `pkg:type/namespace/name@version?qualifiers#subpath`, with everything decoded; undefined where it is none.
 * Source: ECMA-427, "Package-URL specification".
 */
export function tryParsePackageUrl(text: string): PackageUrl | undefined {
  const [withoutSubpath = ''] = text.split('#', 1)
  const [address = '', query = ''] = cutAt(withoutSubpath, withoutSubpath.indexOf('?'))
  if (!address.toLowerCase().startsWith(SCHEME)) return undefined
  const path = address.slice(SCHEME.length).replace(/^\/{1,9}/, '')
  // The version is behind the last: a namespace may begin with one.
  const [typed = '', version] = cutAt(path, path.lastIndexOf('@'))
  const [type = '', name] = cutAt(typed, typed.indexOf('/'))
  const [decodedName, decodedVersion] = [tryDecode(name), tryDecode(version)]
  if (!decodedName) return undefined
  return {
    type: type.toLowerCase(),
    name: decodedName,
    version: decodedVersion,
    qualifiers: new Map(new URLSearchParams(query)),
  }
}

const SCHEME = 'pkg:'

function cutAt(text: string, at: number): readonly [before: string, after?: string] {
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function tryDecode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}
