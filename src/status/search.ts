import type { PolicySummary } from './status.js'

/** Whether a policy's name or image has the text in it, in any case. */
export function matchesText({ name, image }: Pick<PolicySummary, 'name' | 'image'>, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  return name.toLowerCase().includes(wanted) || image.toLowerCase().includes(wanted)
}
