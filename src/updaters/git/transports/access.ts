/** How a repository is reached, beside its URL. Files are read when they are needed. */
export interface Access {
  readonly credentials?: Credentials | SshLogin | GitHubAppLogin | undefined
  /** Absolute paths of PEM files: authorities to trust beside the usual ones, and a client certificate. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  /** `http://` or `https://` URL, perhaps with a user name and password. */
  readonly proxy?: string | undefined
  /** The proxies of the environment, where no other is given. `except` is `NO_PROXY` as it stands. */
  readonly proxies?: { readonly http?: string; readonly https?: string; readonly except: string } | undefined
}

/** Sent with every request to the repository's own origin and to no other. A token is a password. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A private key: the absolute path of its file, or its text. */
export type PrivateKey = { readonly file: string } | { readonly text: string }

export interface SshLogin {
  /** Absent: the agent's keys. */
  readonly sshKey?: PrivateKey | undefined
  readonly passphrase?: string | undefined
  /** Absolute path. Absent: the files of OpenSSH. */
  readonly knownHosts?: string | undefined
  /** Absolute path of the agent's socket. */
  readonly agent?: string | undefined
}

export interface GitHubAppLogin {
  readonly githubApp: { readonly id: string; readonly installation: string; readonly key: PrivateKey }
}
