import { type Repository, repositoryKey } from '../image/repository.js'

/**
 * Under which is kept what a policy has had of an image in a branch: what it had of another image, or in another branch, is
 * none of it. No part has a space.
 */
export function standingKey(
  { name, repository }: { readonly name: string; readonly repository: Repository },
  { git, branch }: { readonly git: string; readonly branch: string },
): string {
  return [name, repositoryKey(repository), git, branch].join(' ')
}
