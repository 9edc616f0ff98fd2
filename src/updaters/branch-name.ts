import { compileBranchTemplate, TemplateError } from '../template.js'

/** An update by what its branch may be called. */
export interface BranchNaming {
  readonly policy: string
  readonly image: string
  /** The tag that is written. */
  readonly tag: string
  /** The branch that is read. */
  readonly branch: string
  readonly git: string
}

/** Names branches by a template; empty where it names none. Throws `TemplateError`, here and when it names one. */
export function branchNames(template: string): (naming: BranchNaming) => string {
  const compiled = compileBranchTemplate(template)
  return (naming) => {
    try {
      return branchNameFrom(compiled.render({ ...naming }))
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      const message = `Cannot name the branch for policy "${naming.policy}": ${error.message}`
      throw new TemplateError(error.code, message, { cause: error })
    }
  }
}

/** The text with `-` for what no branch can have, which may be none. Source: git-check-ref-format(1). */
export function branchNameFrom(text: string): string {
  const parts = text
    .trim()
    .replace(/[\p{Cc}\p{Cf}\p{Z}~^:?*[\\]+/gu, '-')
    .replace(/\.{2,}|@\{/g, '-')
    .split('/')
  return parts
    .map((part) => part.replace(/^[.-]+/, '').replace(/\.(?:lock)?$/, '-'))
    .filter((part) => part !== '')
    .join('/')
}
