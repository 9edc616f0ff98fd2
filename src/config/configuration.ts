import type { Repository } from '../image/repository.js'
import type { Select } from '../policies/create.js'
import type { TagFilter } from '../policies/filter.js'
import type { Demands } from '../policies/gates.js'
import type { WindowTexts } from '../policies/window.js'

/**
 * What the policy file says, with every default applied: plain data, deeply frozen. Records have no prototype, so that
 * a name that is not configured finds nothing.
 */
export interface Configuration {
  /** By canonical host, such as `docker.io`; only the registries that the file names. */
  readonly registries: Readonly<Record<string, RegistryConfig>>
  /** The proxies of the environment, for registries that name none. */
  readonly proxies: Proxies
  readonly git: Readonly<Record<string, GitConfig>>
  /** In the order of their names' code points. */
  readonly policies: readonly PolicyConfig[]
  /** Where else policies are read from. What was read from there is among `policies`. */
  readonly policiesFrom: readonly PoliciesFromConfig[]
  readonly webhooks: Readonly<Record<string, WebhookConfig>>
  /** In the order of the file. */
  readonly notifications: readonly NotificationConfig[]
  /** Absent: a queue in this process. */
  readonly queue?: QueueConfig
  /** Absolute path of a folder, which need not exist. */
  readonly state: string
  readonly server: ServerConfig
  /** Every text that must appear in no log, the longest first. */
  readonly secrets: readonly string[]
  /** What is allowed and probably not meant, as `file:line:column: path: message`. */
  readonly warnings: readonly string[]
  /** Absolute paths of the files and folders that it was read from, those that the policy files name included. */
  readonly files: readonly string[]
}

export interface RegistryConfig {
  readonly plainHttp: boolean
  /** The origin that is asked instead of the host itself, such as `https://mirror.example.com`. */
  readonly endpoint?: string
  /** Absolute paths of PEM files. They are not read here. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** `http://` or `https://` URL, perhaps with a user name and password. */
  readonly proxy?: string
  readonly requestsPerSecond: number
  readonly concurrency: number
  readonly credentials?: Login | DockerConfigFile | CredentialProgram | CloudProvider
}

/** URLs as in `RegistryConfig.proxy`, by the scheme of what is asked through them. */
export interface Proxies {
  readonly http?: string
  readonly https?: string
  /** What is asked without a proxy: `NO_PROXY` as it stands. */
  readonly except: string
}

export interface Login {
  readonly username: string
  readonly password: string
}

export interface DockerConfigFile {
  /** Absolute path of a Docker configuration file or a pull secret. It is not read here. */
  readonly dockerConfig: string
}

/** What prints credentials. */
export type CredentialProgram =
  /** What follows `docker-credential-` in a program's name. */
  | { readonly helper: string }
  /** A program's name or absolute path, and its arguments. */
  | { readonly exec: readonly string[] }

/** Amazon ECR, Google Artifact Registry or Azure Container Registry. */
export interface CloudProvider {
  readonly provider: 'ecr' | 'gar' | 'acr'
}

export interface GitConfig {
  readonly name: string
  /** `https://`, `http://`, `ssh://` or `file://` URL without a password, `user@host:path`, or an absolute path. */
  readonly url: string
  readonly branch: string
  readonly intervalMs: number
  /** A token is the password of the user `git`. */
  readonly credentials?: Login | SshLogin | GitHubAppLogin
  /** Absolute paths of PEM files. They are not read here. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** `http://` or `https://` URL, perhaps with a user name and password. Absent: the environment's. */
  readonly proxy?: string
  readonly author: Person
  /** Absent: the author. */
  readonly committer?: Person
  /** Whether the message ends with `Signed-off-by` and the committer. */
  readonly signOff: boolean
  /** A Liquid template. Absent: the usual message. */
  readonly message?: string
  /** Absent: commits are not signed. */
  readonly signing?: SigningConfig
  readonly push: PushConfig
  readonly reverts: RevertsConfig
}

export interface Person {
  readonly name: string
  readonly email: string
}

/** A private key: the absolute path of its file, which is not read here, or its text. */
export type PrivateKey = { readonly file: string } | { readonly text: string }

export interface SshLogin {
  /** Absent: the agent's keys. */
  readonly sshKey?: PrivateKey
  readonly passphrase?: string
  /** Absolute path. Absent: the files of OpenSSH. */
  readonly knownHosts?: string
  /** Absolute path of the agent's socket. */
  readonly agent?: string
}

export interface GitHubAppLogin {
  readonly githubApp: { readonly id: string; readonly installation: string; readonly key: PrivateKey }
}

export type SigningConfig =
  | { readonly ssh: PrivateKey; readonly passphrase?: string }
  | { readonly openpgp: PrivateKey; readonly passphrase?: string }

export interface PushConfig {
  /** A Liquid template of the name of the branch that is pushed to. Absent: the branch that is read. */
  readonly branch?: string
  /** What the server's hooks are told. */
  readonly options: readonly string[]
}

export interface RevertsConfig {
  /** How far the history is looked through for tags that somebody took back; 0: not at all. */
  readonly withinMs: number
}

export interface PolicyConfig {
  readonly name: string
  /** As spelled in the file. */
  readonly image: string
  readonly repository: Repository
  readonly schedule: Schedule
  /** Absent: every tag, compared as it is. */
  readonly tags?: TagFilter
  readonly select: Select
  /** Whether the digest is written beside the tag, and whether it follows the tag when that is moved. */
  readonly digest: 'none' | 'pin' | 'refresh'
  /** Whether the next best tag is taken while the best one may not be written. */
  readonly fallback: boolean
  /** Since when a tag counts as old: since it was first seen here, or since the registry says that it was pushed. */
  readonly ageFrom: 'firstSeen' | 'registry'
  readonly demands: Demands
  /** Present where `demands` has `signed`. */
  readonly signature?: SignatureConfig
  /** Absent: at any time. */
  readonly window?: WindowTexts
  readonly downgrade: 'never' | 'allow'
  /** Empty where the policy is only watched. */
  readonly write: readonly WriteConfig[]
}

/** Who must have signed. */
export type SignatureConfig =
  /** One of these public keys, in PEM; `file` is where they were read from, as the policy file spells it. */
  { readonly cosign: { readonly pem: string; readonly file: string } } | { readonly keyless: KeylessConfig }

/** A certificate of one identity, given exactly or as a pattern in RE2 syntax. */
export interface KeylessConfig {
  readonly issuer: string
  readonly identity?: string
  readonly identityPattern?: string
  /** Absolute path of a trusted root. It is not read here. Absent: the public Sigstore's. */
  readonly trustedRoot?: string
}

export interface PoliciesFromConfig {
  /** A key of `Configuration.git`. */
  readonly git: string
  readonly branch: string
  /** Of a file or folder, from the root of the repository; `.` is the root. */
  readonly path: string
}

export type Schedule =
  | { readonly type: 'interval'; readonly intervalMs: number }
  | { readonly type: 'cron'; readonly expression: string; readonly timezone?: string }

export interface WriteConfig {
  /** A key of `Configuration.git`. */
  readonly git: string
  /** Globs. Absent: every file that may have places. */
  readonly files?: readonly string[]
  /** Paths of YAML documents, which lead to what is written. Absent: the image is looked for. */
  readonly paths?: readonly string[]
}

/** One sender of push events. */
export type WebhookConfig = { readonly name: string; readonly requestsPerSecond: number } & (
  | (WebhookOfRegistry & { readonly sender: SenderOfRegistry; readonly secret: string })
  | (WebhookOfRegistry & {
      readonly sender: 'artifactory'
      readonly secret: string
      /** The repository of Artifactory that stands in the names of images. */
      readonly repository?: string
    })
  | { readonly sender: 'docker-hub'; readonly secret: string }
  | (WebhookOfRegistry & {
      readonly sender: 'ecr' | 'acr'
      readonly secret: string
      /** In lower case. */
      readonly header?: string
    })
  | (WebhookOfRegistry & { readonly sender: 'gar'; readonly audience: string; readonly serviceAccount: string })
  | (WebhookOfRegistry & {
      readonly sender: 'github' | 'gitea'
      readonly secret: string
      /** A key of `Configuration.git`: the repository that pushes are of. */
      readonly git?: string
    })
  | { readonly sender: 'gitlab' | 'bitbucket'; readonly secret: string; readonly git: string }
)

interface WebhookOfRegistry {
  /** Canonical host of the registry that the events are of. */
  readonly registry?: string
}

type SenderOfRegistry =
  | 'generic'
  | 'bearer'
  | 'distribution'
  | 'harbor'
  | 'quay'
  | 'gitlab-registry'
  | 'nexus'
  | 'alibaba'
  | 'cloudevents'
  | 'zot'

/** Who is told what happens. */
export type NotificationConfig = NotificationWishes &
  (
    | (NotifiedOverHttp & { readonly to: 'slack' | 'teams'; readonly template?: string })
    | (NotifiedOverHttp & { readonly to: 'webhook'; readonly secret?: string; readonly token?: string })
    | (NotifiedOverHttp & { readonly to: 'flux-receiver'; readonly token?: string })
    | (NotifiedOverHttp & { readonly to: 'argocd'; readonly secret?: string; readonly as: 'github' | 'gitlab' })
    | {
        readonly to: 'email'
        /** `smtp://` or `smtps://` URL without a password. */
        readonly url: string
        readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
        readonly credentials?: Login
        readonly from: string
        readonly recipients: readonly string[]
        readonly template?: string
      }
  )

export interface NotificationWishes {
  /** Distinct. */
  readonly name: string
  readonly on: readonly ('updated' | 'failed' | 'held' | 'recovered' | 'config-refused')[]
  /** Patterns in which `*` stands for any text. Absent: all policies. */
  readonly policies?: readonly string[]
  /** Keys of `Configuration.git`. Absent: all. */
  readonly git?: readonly string[]
  readonly intervalMs: number
}

export interface NotifiedOverHttp {
  /** `https://` or `http://` URL without a password, and perhaps a secret itself. */
  readonly url: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly proxy?: string
}

export interface QueueConfig {
  /** `redis://` or `rediss://` URL, perhaps with a password. */
  readonly redis: string
}

export interface ServerConfig {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Names by which browsers may reach it where it listens on loopback, beside addresses and `localhost`. */
  readonly names: readonly string[]
  /** Absent: everybody may read. */
  readonly readToken?: string
  /** Absent: there are no operations. */
  readonly adminToken?: string
}
