import { createHmac } from 'node:crypto'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'

export const SECRET = 'made-up-secret'

/** The same manifest digest everywhere: what it is never matters. */
export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

export function signed(body: string | Uint8Array, secret = SECRET): Delivery {
  const bytes = Buffer.from(body)
  const signature = createHmac('sha256', secret).update(bytes).digest('hex')
  return { headers: { 'x-signature': `sha256=${signature}` }, body: bytes }
}

export function bearing(body: unknown, secret = SECRET): Delivery {
  return { headers: { authorization: `Bearer ${secret}` }, body: Buffer.from(JSON.stringify(body)) }
}

/**
 * A notification as Distribution 2.8.2 sends one for a two-platform image pushed with its tag, with `over` in its place
 * in the event and its target. The addresses are those of the machine that sent it: none may be believed.
 */
export function notification(over: { action?: unknown; target?: Readonly<Record<string, unknown>> } = {}): unknown {
  return {
    id: 'b0f4a3f6-7a0c-4c73-9f1e-2f0d7c1a9e55',
    timestamp: '2026-03-04T05:06:07.123456789Z',
    action: 'action' in over ? over.action : 'push',
    target: {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      size: 517,
      digest: DIGEST,
      length: 517,
      repository: 'harbour/lamp',
      url: `http://10.0.0.7:5000/v2/harbour/lamp/manifests/${DIGEST}`,
      tag: '2.7.1',
      ...over.target,
    },
    request: { id: '5ad8', addr: '10.0.0.9:40844', host: '10.0.0.7:5000', method: 'PUT', useragent: '' },
    actor: {},
    source: { addr: 'container-4711:5000', instanceID: '9c1f' },
  }
}

/** Two commits, as object ids. */
export const BEFORE = '1'.repeat(40)
export const AFTER = '2'.repeat(40)

export type GitHost = 'github' | 'gitlab' | 'gitea' | 'bitbucket-cloud' | 'bitbucket-data-center'

/** What a Git host says was pushed. */
export interface Push {
  readonly ref?: string
  /** Zeros, or of Bitbucket Cloud null, where it was deleted. */
  readonly after?: string
}

/**
 * A push event as the documentation of the Git host shows one, cut down to what says where and what, with the addresses of a
 * host that may not be asked. `event` is another kind of event with the same body.
 */
export function push(
  host: GitHost,
  what: Push = {},
  { secret = SECRET, event }: { secret?: string; event?: string } = {},
) {
  const { kind, body, proof } = HOSTS[host]
  const bytes = Buffer.from(JSON.stringify(body({ ref: 'refs/heads/main', after: AFTER, ...what })))
  const [header, usual] = kind
  return { headers: { [header]: event ?? usual, ...proof(bytes, secret) }, body: bytes } satisfies Delivery
}

const hmac = (bytes: Uint8Array, secret: string) => createHmac('sha256', secret).update(bytes).digest('hex')

interface Host {
  readonly kind: readonly [header: string, event: string]
  readonly body: (push: Required<Push>) => unknown
  readonly proof: (bytes: Uint8Array, secret: string) => Readonly<Record<string, string>>
}

const address = 'http://10.0.0.7/acme/fleet.git'

const HOSTS: Readonly<Record<GitHost, Host>> = {
  github: {
    kind: ['x-github-event', 'push'],
    body: ({ ref, after }) => ({
      ref,
      before: BEFORE,
      after,
      deleted: /^0+$/.test(after),
      forced: false,
      commits: [{ id: after, modified: ['apps/lamp.yaml'] }],
      repository: { id: 7, full_name: 'acme/fleet', clone_url: address, default_branch: 'main' },
    }),
    proof: (bytes, secret) => ({ 'x-hub-signature-256': `sha256=${hmac(bytes, secret)}` }),
  },
  gitlab: {
    kind: ['x-gitlab-event', 'Push Hook'],
    body: ({ ref, after }) => ({
      object_kind: 'push',
      event_name: 'push',
      before: BEFORE,
      after,
      ref,
      ref_protected: true,
      checkout_sha: /^0+$/.test(after) ? null : after,
      project: { id: 15, path_with_namespace: 'acme/fleet', git_http_url: address },
      total_commits_count: 1,
    }),
    proof: (_, secret) => ({ 'x-gitlab-token': secret }),
  },
  gitea: {
    kind: ['x-gitea-event', 'push'],
    body: ({ ref, after }) => ({
      ref,
      before: BEFORE,
      after,
      total_commits: 1,
      repository: { id: 42, full_name: 'acme/fleet', clone_url: address },
      pusher: { id: 9, login: 'jane' },
    }),
    proof: (bytes, secret) => ({ 'x-gitea-signature': hmac(bytes, secret) }),
  },
  'bitbucket-cloud': {
    kind: ['x-event-key', 'repo:push'],
    body: ({ ref, after }) => {
      const [, kind = '', name = ''] = /^refs\/(head|tag)s\/(.*)$/.exec(ref) ?? []
      const old = { type: kind === 'head' ? 'branch' : 'tag', name, target: { type: 'commit', hash: BEFORE } }
      const isDeleted = /^0+$/.test(after)
      const now = isDeleted ? null : { ...old, target: { type: 'commit', hash: after } }
      return {
        repository: { type: 'repository', full_name: 'acme/fleet', links: { html: { href: address } } },
        push: { changes: [{ created: false, closed: isDeleted, forced: false, old, new: now }] },
      }
    },
    proof: (bytes, secret) => ({ 'x-hub-signature': `sha256=${hmac(bytes, secret)}` }),
  },
  'bitbucket-data-center': {
    kind: ['x-event-key', 'repo:refs_changed'],
    body: ({ ref, after }) => ({
      eventKey: 'repo:refs_changed',
      repository: { slug: 'fleet', id: 84, project: { key: 'ACME' } },
      changes: [
        {
          ref: { id: ref, displayId: ref.replace(/^refs\/[a-z]+\//, ''), type: 'BRANCH' },
          refId: ref,
          fromHash: BEFORE,
          toHash: after,
          type: /^0+$/.test(after) ? 'DELETE' : 'UPDATE',
        },
      ],
    }),
    proof: (bytes, secret) => ({ 'x-hub-signature': `sha256=${hmac(bytes, secret)}` }),
  },
}
