import { parse } from 'yaml'

/** The one document of a body, or undefined where it is not YAML. The parser's message would quote the body. */
export function tryParseYaml(body: Buffer): unknown {
  try {
    return parse(body.toString(), { logLevel: 'error' })
  } catch {
    return undefined
  }
}
