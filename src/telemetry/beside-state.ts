/** Why something is held, where the word "held" stands beside it already: a hold that somebody ordered says it, as its reason also stands alone. */
export function besideHeld(reason: string): string {
  return reason.replace(/^held: /, '')
}
