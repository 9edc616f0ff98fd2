import type { UpdatedNotice } from '../jobs/notices.js'
import type { Post, PostRequest } from './post.js'
import { signatureOf } from './signature.js'
import type { Target } from './target.js'

export interface ArgoOptions {
  readonly secret?: string | undefined
  readonly as: 'github' | 'gitlab'
}

type Told = Pick<PostRequest, 'body' | 'headers'>

/**
 * The webhook of Argo CD, told as if a Git host did it: its applications of that repository and branch are refreshed at once, and
 * those that say which paths they are made of only where one of the files is in these. Source: argoproj/argo-cd,
 * util/webhook/webhook.go, which takes from a push event the fields that are sent here.
 */
export function argoTarget(post: Post, { secret, as }: ArgoOptions): Target {
  const eventOf = as === 'github' ? githubPush : gitlabPush
  return {
    async send({ notices }, signal) {
      for (const notice of notices) {
        const url = notice.type === 'updated' ? webUrlOf(notice.repository) : undefined
        if (notice.type === 'updated' && url !== undefined) await post({ ...eventOf(notice, url, secret), signal })
      }
    },
  }
}

/** Applications that follow `HEAD` are refreshed where the branch is the default one: for all we know, it is. */
function githubPush(notice: UpdatedNotice, url: string, secret: string | undefined): Told {
  const { branch } = notice
  const body = JSON.stringify({ ...pushOf(notice), repository: { html_url: url, default_branch: branch } })
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      ...(secret !== undefined && {
        // Versions before 2.12 know the older one.
        'x-hub-signature': signatureOf(body, secret, 'sha1'),
        'x-hub-signature-256': signatureOf(body, secret),
      }),
    },
  }
}

function gitlabPush(notice: UpdatedNotice, url: string, secret: string | undefined): Told {
  const project = { web_url: url, default_branch: notice.branch }
  return {
    body: JSON.stringify({ object_kind: 'push', ...pushOf(notice), project }),
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': 'Push Hook',
      ...(secret !== undefined && { 'x-gitlab-token': secret }),
    },
  }
}

/** Where files are too many to be told, none is: all applications are refreshed then. */
function pushOf({ branch, commit, files = [] }: UpdatedNotice): object {
  return {
    ref: `refs/heads/${branch}`,
    after: commit,
    commits: files.length === 0 ? [] : [{ id: commit, added: [], modified: files, removed: [] }],
  }
}

/**
 * What a browser would be given for the URL of a repository: Argo CD compares host and path, and neither scheme nor user.
 * Undefined for a path, which is nobody else's.
 */
export function webUrlOf(repository: string): string | undefined {
  const [, scpHost, scpPath] = /^(?:[^/@:]+@)?([^/:@]+|\[[^\]]+\]):(?!\/\/)\/?(.+)$/.exec(repository) ?? []
  const text = scpHost === undefined ? repository : `ssh://${scpHost}/${scpPath}`
  if (!URL.canParse(text)) return undefined
  const { hostname, pathname } = new URL(text)
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '')
  return hostname === '' || path === '' ? undefined : `https://${hostname}${path}`
}
