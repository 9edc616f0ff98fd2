/** The host of a URL as registries are named, with its port where that is not the usual one; undefined where there is none. */
export function hostOfUrl(url: string): string | undefined {
  return (URL.canParse(url) && new URL(url).host) || undefined
}
