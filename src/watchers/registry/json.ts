/** The document of a body, or undefined where it is not JSON. The parser's message would quote the body. */
export function tryParseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
