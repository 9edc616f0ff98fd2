import { createHmac } from 'node:crypto'
import type { Delivery } from '../../../src/watchers/webhooks/sender.js'
import { DIGEST, notification, SECRET } from './deliveries.js'

/** What a sender says was pushed, `path` with its namespace first. */
export interface Image {
  readonly host: string
  readonly path: string
  readonly tag: string
}

interface Sample {
  /** As the sender's documentation shows one, with addresses of hosts that may not be asked. */
  readonly body: (image: Image) => unknown
  readonly headers: (bytes: Uint8Array, secret: string) => Readonly<Record<string, string>>
  readonly isAddressed?: true
}

export const LAMP: Image = { host: 'registry.example.com', path: 'harbour/lamp', tag: '2.7.1' }

export type SampleName = keyof typeof SAMPLES

const bearer = (_: Uint8Array, secret: string) => ({ authorization: `Bearer ${secret}` })

const hmac = (algorithm: string, bytes: Uint8Array, secret: string) =>
  createHmac(algorithm, secret).update(bytes).digest('hex')

export const SAMPLES = {
  bearer: { body: ({ host, path, tag }) => ({ image: `${host}/${path}`, tag, digest: DIGEST }), headers: bearer },

  distribution: {
    body: ({ path, tag }) => ({ events: [notification({ target: { repository: path, tag } })] }),
    headers: (bytes, secret) => ({
      ...bearer(bytes, secret),
      'content-type': 'application/vnd.docker.distribution.events.v2+json',
    }),
  },

  'gitlab-registry': {
    body: ({ path, tag }) => ({ events: [notification({ target: { repository: path, tag } })] }),
    headers: (_, secret) => ({
      authorization: secret,
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
    }),
  },

  artifactory: {
    body: ({ host, path, tag }) => {
      const [key, name] = cut(path)
      return {
        domain: 'docker',
        event_type: 'pushed',
        data: {
          repo_key: key,
          event_type: 'pushed',
          path: `${name}/${tag}/list.manifest.json`,
          name: 'list.manifest.json',
          sha256: DIGEST.slice('sha256:'.length),
          size: 517,
          image_name: name,
          image_type: 'docker',
          tag,
          platforms: [{ architecture: 'arm64', os: 'linux' }],
        },
        subscription_key: 'tidemark',
        jpd_origin: `https://${host}`,
        source: 'jane@users',
      }
    },
    headers: (bytes, secret) => ({ 'x-jfrog-event-auth': hmac('sha256', bytes, secret) }),
  },

  nexus: {
    body: ({ path, tag }) => ({
      timestamp: '2026-03-04T05:06:07.123+00:00',
      nodeId: '1F2E3D4C-5B6A7980-11223344-55667788-99AABBCC',
      initiator: 'jane/10.0.0.9',
      repositoryName: 'images',
      action: 'CREATED',
      component: {
        id: '4711',
        componentId: 'aW1hZ2VzOjQ3MTE',
        format: 'docker',
        name: path,
        group: null,
        version: tag,
      },
    }),
    headers: (bytes, secret) => ({
      'x-nexus-webhook-id': 'rm:repository:component',
      'x-nexus-webhook-signature': hmac('sha1', bytes, secret),
    }),
  },

  gitea: {
    body: ({ host, path, tag }) => {
      const [login, name] = cut(path)
      return {
        action: 'created',
        repository: null,
        package: {
          id: 311,
          owner: { id: 7, login, username: login },
          repository: null,
          creator: { id: 9, login: 'jane' },
          type: 'container',
          name,
          version: tag,
          html_url: `https://${host}/${login}/-/packages/container/${name}/${tag}`,
        },
        sender: { id: 9, login: 'jane' },
      }
    },
    headers: (bytes, secret) => ({
      'x-gitea-event': 'package',
      'x-gitea-signature': hmac('sha256', bytes, secret),
    }),
  },

  alibaba: {
    body: ({ path, tag }) => {
      const [namespace, name] = cut(path)
      return {
        push_data: { digest: DIGEST, pushed_at: '2026-03-04 05:06:07', tag },
        repository: { name, namespace, region: 'cn-hangzhou', repo_full_name: path, repo_type: 'PRIVATE' },
      }
    },
    headers: () => ({}),
    isAddressed: true,
  },

  cloudevents: {
    body: (image) => ({
      specversion: '1.0',
      id: 'e1a7',
      source: '/ci/harbour/lamp',
      type: 'dev.cdevents.artifact.published.0.3.0',
      datacontenttype: 'application/json',
      data: published(image),
    }),
    headers: (bytes, secret) => ({ ...bearer(bytes, secret), 'content-type': 'application/cloudevents+json' }),
  },

  zot: {
    body: ({ path, tag }) => ({
      specversion: '1.0',
      id: 'b3c7',
      source: 'zotregistry.dev',
      type: 'zotregistry.image.updated',
      datacontenttype: 'application/json',
      data: { name: path, reference: tag, digest: DIGEST, mediaType: '', manifest: '{"schemaVersion":2}' },
    }),
    headers: (bytes, secret) => ({ ...bearer(bytes, secret), 'content-type': 'application/cloudevents+json' }),
  },
} as const satisfies Readonly<Record<string, Sample>>

/** The data of a CDEvents event. */
export function published({ host, path, tag }: Image): unknown {
  const [, name] = cut(path)
  const id = `pkg:oci/${name}@${encodeURIComponent(DIGEST)}?repository_url=${host}/${path}&tag=${tag}`
  return { context: { id: 'e1a7', source: '/ci' }, subject: { id, source: '/ci', content: { user: 'jane' } } }
}

/** A delivery of this sender that proves the secret, with a body of its own where one is given. */
export function deliveryOf(name: SampleName, body: unknown = SAMPLES[name].body(LAMP), secret = SECRET): Delivery {
  const sample: Sample = SAMPLES[name]
  const bytes = Buffer.from(JSON.stringify(body) ?? '')
  return { headers: sample.headers(bytes, secret), body: bytes, ...(sample.isAddressed && { pathSecret: secret }) }
}

function cut(path: string): readonly [string, string] {
  const slash = path.indexOf('/')
  return [path.slice(0, slash), path.slice(slash + 1)]
}
