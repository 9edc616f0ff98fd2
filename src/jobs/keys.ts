/** Under which a policy's standing in a Git repository is kept. Neither name has a space. */
export function standingKey(policy: string, git: string): string {
  return `${policy} ${git}`
}
