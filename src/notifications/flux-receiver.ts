import type { Post } from './post.js'
import { signatureOf } from './signature.js'
import type { Target } from './target.js'

/**
 * A Receiver of Flux, of the type `generic-hmac` where there is a token, else `generic`: it looks at its sources at once.
 * Source: fluxcd/notification-controller, docs/spec/v1/receivers.md. The body is for people and for `resourceFilter`.
 */
export function fluxTarget(post: Post, { token }: { readonly token?: string | undefined } = {}): Target {
  return {
    async send({ id, notices }, signal) {
      const commits = notices.flatMap((notice) => {
        if (notice.type !== 'updated') return []
        const { git, branch, commit, repository } = notice
        return [{ git, branch, commit, repository }]
      })
      const body = JSON.stringify({ id, commits })
      const headers = {
        'content-type': 'application/json',
        ...(token !== undefined && { 'x-signature': signatureOf(body, token) }),
      }
      await post({ body, headers, signal })
    },
  }
}
