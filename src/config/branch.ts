/** True where Git accepts `refs/heads/<text>`: the rules of git-check-ref-format(1). */
export function isBranchName(text: string): boolean {
  if (text === '' || text.length > 255 || text === 'HEAD' || text.startsWith('-')) return false
  if (FORBIDDEN.test(text) || text.endsWith('.')) return false
  return text.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
}

/** Control characters, space, `~^:?*[\`, and the sequences `..` and `@{`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Git forbids exactly these.
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{/
