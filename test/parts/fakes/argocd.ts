import { createHmac } from 'node:crypto'
import { type Received, type Receiver, startReceiver } from './receiver.js'

/** An application, as far as push events concern it. */
export interface Application {
  readonly name: string
  readonly repoURL: string
  readonly targetRevision: string
  /** Of `argocd.argoproj.io/manifest-generate-paths`. */
  readonly paths?: readonly string[]
}

export interface FakeArgo extends Receiver {
  readonly url: string
  /** The names of applications, in the order in which they were refreshed. */
  readonly refreshed: readonly string[]
}

/** What an event says, whichever host it is of. */
interface Push {
  readonly webUrl: string
  readonly defaultBranch: string
  readonly ref: string
  readonly commits: readonly { readonly added: string[]; readonly modified: string[]; readonly removed: string[] }[]
}

/**
 * The webhook of Argo CD, with the secrets of GitHub and GitLab set to `secret`. Source: argoproj/argo-cd,
 * util/webhook/webhook.go: which header chooses the host, how a repository's URL is compared, when an application is refreshed.
 */
export async function startFakeArgo(applications: readonly Application[], secret: string): Promise<FakeArgo> {
  const refreshed: string[] = []
  const receiver = await startReceiver((request) => {
    if (request.path !== '/api/webhook') return { status: 404 }
    const push = pushOf(request, secret)
    if (push === undefined) return { status: 400, body: 'Webhook processing failed' }
    refreshed.push(...applications.filter((application) => isTouched(application, push)).map(({ name }) => name))
    return { status: 200 }
  })
  return { ...receiver, url: `${receiver.origin}/api/webhook`, refreshed }
}

function pushOf({ headers, body }: Received, secret: string): Push | undefined {
  const event = JSON.parse(body)
  if (headers['x-github-event'] === 'push') {
    const isRight = ['sha1', 'sha256'].every((algorithm) => {
      const header = headers[algorithm === 'sha1' ? 'x-hub-signature' : 'x-hub-signature-256']
      return header === `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`
    })
    const { html_url: webUrl, default_branch: defaultBranch } = event.repository
    return isRight ? { ...event, webUrl, defaultBranch } : undefined
  }
  if (headers['x-gitlab-event'] !== 'Push Hook' || headers['x-gitlab-token'] !== secret) return undefined
  const { web_url: webUrl, default_branch: defaultBranch } = event.project
  return event.object_kind === 'push' ? { ...event, webUrl, defaultBranch } : undefined
}

function isTouched({ repoURL, targetRevision, paths }: Application, push: Push): boolean {
  const { hostname, pathname } = new URL(push.webUrl)
  const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const url = `^((https?|ssh)://)?([\\w.-]+@)?((alt)?ssh\\.)?${quoted(hostname)}(:\\d+)?[:/]${quoted(pathname.slice(1))}(\\.git)?$`
  const revision = push.ref.split('/').slice(2).join('/')
  const follows = targetRevision === 'HEAD' ? push.defaultBranch === revision : targetRevision === revision
  const files = push.commits.flatMap(({ added, modified, removed }) => [...added, ...modified, ...removed])
  const concerns =
    files.length === 0 || paths === undefined || files.some((file) => paths.some((path) => file.startsWith(path)))
  return new RegExp(url, 'i').test(repoURL) && follows && concerns
}
