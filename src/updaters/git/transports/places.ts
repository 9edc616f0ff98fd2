import type { Target } from './redirect.js'

/** Remembers where a repository is, from the last answer that was one. */
export function placesOf(configured: Target, onMove: ((url: string) => void) | undefined) {
  let current = configured
  let told = cleanUrl(configured.url)

  return {
    targetOf: (path: string): Target => ({ ...current, url: new URL(cleanUrl(current.url) + path) }),
    /** `path` of the repository was found at `target`. */
    found(target: Target, path: string): void {
      if (!target.url.href.endsWith(path)) return
      const url = new URL(target.url.href.slice(0, target.url.href.length - path.length))
      if (cleanUrl(url) === cleanUrl(current.url)) return
      current = { ...target, url }
      if (told !== cleanUrl(url)) onMove?.(cleanUrl(url))
      told = cleanUrl(url)
    },
    lost(): void {
      current = configured
    },
  }
}

/** A URL as people may see it and as isomorphic-git appends to it. */
export function cleanUrl(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '')
}
