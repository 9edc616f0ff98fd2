// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations are what is tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf } from './files.js'

const NAME = 'that starts with a letter or digit'
const POLICY_NAME = `not a name: expected a name of up to 253 letters, digits, ".", "_", "/" and "-" ${NAME}`
const ENTRY_NAME = `not a name: expected a name of up to 63 letters, digits, ".", "_" and "-" ${NAME}`
const HOST_NAME = 'not a registry host: expected one such as "ghcr.io" or "registry.example.com:5000"'
const FORMS = 'needs either "username" and "password", or'

const SELECT =
  'needs either "semver", or "numerical", or "alphabetical", or "newest", or "digest", or "same", or "like"'

/** A file that is right but for what is put in. */
const inPolicy = (line: string) =>
  `git: { fleet: { url: /a } }\npolicies:\n  a: { image: alpine, select: { semver: '*' }, ${line} }\n`
const inRegistry = (line: string) => `policies: {}\nregistries:\n  ghcr.io: { ${line} }\n`
const inGit = (line: string, url = '/a') => `policies: {}\ngit:\n  a: { url: ${url}, ${line} }\n`
const LOGINS = `${FORMS} "token", or "sshKey", or "agent", or "githubApp", or "knownHosts"`
const VARIABLES = '"summary", "git", "branch", "changes", "policies"'
const HTTP_ONLY = 'goes with an https:// or http:// URL only'
const SENDERS = [
  ...['generic', 'bearer', 'distribution', 'harbor', 'gitlab-registry', 'nexus', 'cloudevents', 'zot'],
  ...['artifactory', 'ecr', 'acr', 'gar', 'quay', 'alibaba', 'docker-hub', 'github', 'gitea', 'gitlab', 'bitbucket'],
]
  .map((sender) => `"${sender}"`)
  .join(' or ')
const inWebhook = (line: string) => `policies: {}\nwebhooks:\n  a: { sender: generic, secret: 12345678x, ${line} }\n`
const top = (line: string) => `policies: {}\n${line}\n`

const FAULTS: readonly [string, readonly string[]][] = [
  // The whole file.
  ['git: {}\n', ['1:1: policies: missing, expected a map of policies']],
  ['policies:\n', ['1:1: policies: expected a map, found nothing']],
  ['policies: hunter2\n', ['1:11: policies: expected a map, found a text']],
  [top('polices: {}'), ['2:1: polices: unknown key, did you mean "policies"?']],
  [top('notification: []'), ['2:1: notification: unknown key, did you mean "notifications"?']],
  [top('<<: { a: 1 }'), ['2:1: ["<<"]: unknown key']],

  // Policies.
  [
    'policies:\n  a: {}\n',
    [
      '2:6: policies.a.image: missing, expected an image repository such as "ghcr.io/org/app"',
      '2:6: policies.a.select: missing, expected a map',
    ],
  ],
  ['policies:\n  a:\n', ['2:3: policies.a: expected a map, found nothing']],
  [
    'policies:\n  hold: { image: alpine, select: { semver: 1.x } }\n',
    ['2:3: policies.hold: not a name: a marker reads "ignore" and "hold" as something else'],
  ],
  [
    'policies:\n  a b: { image: alpine, select: { semver: x y } }\n',
    [
      `2:3: policies["a b"]: ${POLICY_NAME}`,
      '2:43: policies["a b"].select.semver: expected a semver range such as ">=1.0.0 <2.0.0", found "x y"',
    ],
  ],
  [
    'policies:\n  a.b: { image: 1.10, select: { semver: 1.10 } }\n',
    [
      '2:17: policies["a.b"].image: expected an image repository such as "ghcr.io/org/app", found 1.1, put it in quotes',
      '2:41: policies["a.b"].select.semver: expected a semver range such as ">=1.0.0 <2.0.0", found 1.1, put it in quotes',
    ],
  ],
  [
    'policies:\n  a: { image: "ghcr.io/a:1", select: { latest: true } }\n',
    [
      '2:15: policies.a.image: the policy selects the tag: expected the image without it',
      `2:38: policies.a.select: ${SELECT}`,
      '2:40: policies.a.select.latest: unknown key',
    ],
  ],
  [
    'policies:\n  a:\n    image: Alpine\n    intervall: 5m\n    select: [1]\n',
    [
      '3:12: policies.a.image: expected an image repository such as "ghcr.io/org/app", found "Alpine"',
      '4:5: policies.a.intervall: unknown key, did you mean "interval"?',
      '5:13: policies.a.select: expected a map, found a list',
    ],
  ],
  ['policies:\n  a: { image: alpine, select: {} }\n', [`2:31: policies.a.select: ${SELECT}`]],
  [
    "policies:\n  a: { image: alpine, select: { semver: '*', numerical: ascending } }\n",
    [`2:31: policies.a.select: ${SELECT}`],
  ],
  [
    'policies:\n  a: { image: alpine, select: { alphabetical: asc } }\n',
    ['2:47: policies.a.select.alphabetical: expected "ascending" or "descending", found "asc"'],
  ],
  [
    inPolicy("tags: { include: '^test-(.*', extract: $1 }"),
    ['3:65: policies.a.tags.include: cannot parse pattern "^test-(.*": missing closing ): `^test-(.*`'],
  ],
  [
    inPolicy("tags: { exclude: [a, '[='] }"),
    ['3:69: policies.a.tags.exclude[1]: cannot parse pattern "[=": missing closing ]: `[=`'],
  ],
  [
    inPolicy("tags: { include: '(a)', extract: '${b}' }"),
    ['3:81: policies.a.tags.extract: cannot parse template "${b}": the pattern has no group "b"'],
  ],
  [inPolicy('tags: { extract: $1 }'), ['3:65: policies.a.tags.extract: means nothing without "include"']],
  [
    inPolicy('tags: { exclude: a }'),
    ['3:65: policies.a.tags.exclude: expected a list of regular expressions, found a text'],
  ],
  [inPolicy('interval: 5 minutes'), ['3:58: policies.a.interval: expected a duration such as "5m", found "5 minutes"']],
  [inPolicy('interval: 5'), ['3:58: policies.a.interval: expected a duration such as "5m", found 5']],
  [inPolicy('interval: 300ms'), ['3:58: policies.a.interval: expected a duration from 1s to 24d, found "300ms"']],
  [inPolicy('interval: 25d'), ['3:58: policies.a.interval: expected a duration from 1s to 24d, found "25d"']],
  [
    inPolicy('schedule: "* *"'),
    ['3:58: policies.a.schedule: expected a cron expression such as "*/10 8-18 * * 1-5", found "* *"'],
  ],
  [inPolicy('interval: 1h, schedule: "@daily"'), ['3:72: policies.a.schedule: cannot stand beside "interval"']],
  [inPolicy('timezone: UTC'), ['3:58: policies.a.timezone: means nothing without "schedule"']],
  [
    inPolicy('schedule: "@daily", timezone: Mars'),
    ['3:78: policies.a.timezone: expected a time zone such as "Europe/Paris", found "Mars"'],
  ],
  [inPolicy('downgrade: yes'), ['3:59: policies.a.downgrade: expected "never" or "allow", found "yes"']],
  [inPolicy('write: { git: a }'), ['3:55: policies.a.write: expected a list, found a map']],
  [inPolicy('write: [a]'), ['3:56: policies.a.write[0]: expected a map, found a text']],
  [inPolicy('write: [{}]'), ['3:56: policies.a.write[0].git: missing, expected the name of an entry of "git"']],
  [
    inPolicy('write: [{ git: fleet, files: [] }]'),
    ['3:77: policies.a.write[0].files: expected at least one glob, found a list'],
  ],
  [
    inPolicy('write: [{ git: fleet, files: a }]'),
    ['3:77: policies.a.write[0].files: expected a list of globs, found a text'],
  ],
  [
    inPolicy('write: [{ git: fleet, files: [/a] }]'),
    [
      '3:78: policies.a.write[0].files[0]: expected a glob below the root of the repository, such as "apps/**", found "/a"',
    ],
  ],
  [
    inPolicy('write: [{ git: fleet, paths: [] }]'),
    ['3:77: policies.a.write[0].paths: expected at least one path, found a list'],
  ],
  [
    inPolicy('write: [{ git: fleet, paths: [a, b..c, "d[-1]", [e]] }]'),
    [
      '3:81: policies.a.write[0].paths[1]: cannot read the path: expected a key at character 3',
      '3:87: policies.a.write[0].paths[2]: cannot read the path: items are counted from 0, and none is negative, at character 3',
      '3:96: policies.a.write[0].paths[3]: expected a path such as "spec.values.image.tag", found a list',
    ],
  ],
  [
    inPolicy('write: [{ git: fleets }]'),
    ['3:63: policies.a.write[0].git: no entry of "git" has the name "fleets", did you mean "fleet"?'],
  ],
  [inPolicy('write: [{ git: zoo }]'), ['3:63: policies.a.write[0].git: no entry of "git" has the name "zoo"']],
  [
    inPolicy('write: [{ git: constructor }]'),
    ['3:63: policies.a.write[0].git: no entry of "git" has the name "constructor"'],
  ],

  // Git repositories.
  ['policies: {}\ngit: { a: {} }\n', ['2:11: git.a.url: missing, expected a Git URL or a path']],
  [top('git: { a/b: { url: /a } }'), [`2:8: git.a/b: ${ENTRY_NAME}`]],
  [
    top('git: { a: { url: "https://u:hunter2@h/a" } }'),
    ['2:18: git.a.url: the URL has a user name or password, use "credentials"'],
  ],
  [
    top('git: { a: { url: "ssh://u:hunter2@h/a" } }'),
    ['2:18: git.a.url: the URL has a password: SSH logs in with "credentials"'],
  ],
  [
    top('git: { a: { url: "ftp://u:hunter2@h/a" } }'),
    [
      '2:18: git.a.url: expected an https://, http://, ssh:// or file:// URL, git@host:path, or a path, found "***@h/a"',
    ],
  ],
  [inGit('branch: a..b'), ['3:25: git.a.branch: expected a branch name, found "a..b"']],
  [inGit('branch: refs/heads/main'), ['3:25: git.a.branch: expected a branch name, found "refs/heads/main"']],
  [inGit('interval: 0s'), ['3:27: git.a.interval: expected a duration from 1s to 24d, found "0s"']],
  [
    inGit('author: { name: "a <b>", email: "" }'),
    [
      '3:33: git.a.author.name: expected a name without "<" and ">", found "a <b>"',
      '3:49: git.a.author.email: expected an e-mail address without "<" and ">", found an empty text',
    ],
  ],
  [inGit('credentials: hunter2'), ['3:30: git.a.credentials: expected a map, found a text']],
  [inGit('credentials: {}'), [`3:30: git.a.credentials: ${LOGINS}`]],
  [inGit('credentials: { username: u }', 'http://a'), ['3:36: git.a.credentials.password: missing beside "username"']],
  [
    inGit('credentials: { username: u, password: hunter2, token: hunter2 }', 'http://a'),
    [`3:36: git.a.credentials: ${LOGINS}`],
  ],
  [
    inGit('credentials: { token: 12345 }', 'http://a'),
    ['3:45: git.a.credentials.token: expected a text that is not empty, found a number, put it in quotes'],
  ],
  [
    inGit('credentials: { token: "" }', 'http://a'),
    ['3:45: git.a.credentials.token: expected a text that is not empty, found an empty text'],
  ],
  [
    inGit('credentials: { pasword: hunter2 }'),
    [`3:30: git.a.credentials: ${LOGINS}`, '3:32: git.a.credentials.pasword: unknown key, did you mean "password"?'],
  ],
  [inGit('credentials: { token: t }'), [`3:32: git.a.credentials.token: ${HTTP_ONLY}`]],
  [
    inGit('credentials: { username: u, password: hunter2 }', 'git@h:a'),
    [`3:37: git.a.credentials.username: ${HTTP_ONLY}`, `3:50: git.a.credentials.password: ${HTTP_ONLY}`],
  ],
  [
    inGit('credentials: { agent: /run/agent }', 'https://h/a'),
    ['3:41: git.a.credentials.agent: goes with an ssh:// URL or git@host:path only'],
  ],
  [
    inGit('credentials: { token: t }', '"${NOWHERE}"'),
    ['3:13: git.a.url: the environment variable NOWHERE is not set'],
  ],
  [
    inGit('credentials: { agent: /run/agent, passphrase: hunter2 }', 'git@h:a'),
    ['3:68: git.a.credentials.passphrase: means nothing without "sshKey"'],
  ],
  [
    inGit('credentials: { token: hunter2, knownHosts: /dev/null }', 'https://h/a'),
    [
      '3:57: git.a.credentials.knownHosts: goes with an ssh:// URL or git@host:path only',
      '3:69: git.a.credentials.knownHosts: cannot read "/dev/null": it is not a file',
    ],
  ],
  [
    inGit('credentials: { knownHosts: nowhere }', 'git@h:a'),
    ['3:49: git.a.credentials.knownHosts: cannot read "nowhere": it does not exist'],
  ],
  [
    inGit('credentials: { githubApp: { id: 1.5, installation: x } }', 'https://h/a'),
    [
      '3:52: git.a.credentials.githubApp.key: missing, expected the path of a private key, or the key itself',
      '3:58: git.a.credentials.githubApp.id: expected the ID of a GitHub App, found a number',
      '3:77: git.a.credentials.githubApp.installation: expected the ID of an installation, found a text',
    ],
  ],
  [inGit('tls: { key: a }'), ['3:22: git.a.tls.cert: missing beside "key"']],
  [
    inGit('proxy: socks5://hunter2'),
    ['3:24: git.a.proxy: expected an http:// or https:// URL of a proxy, found a text'],
  ],
  [
    inGit('committer: { email: "a\\nb" }, signOff: 1'),
    [
      '3:37: git.a.committer.email: expected an e-mail address without "<" and ">", found "a\\nb"',
      '3:56: git.a.signOff: expected true or false, found 1',
    ],
  ],
  [inGit('signing: {}'), ['3:26: git.a.signing: needs either "ssh", or "openpgp"']],
  [inGit('signing: hunter2'), ['3:26: git.a.signing: expected a map, found a text']],
  [inGit('signing: { ssh: ~/key }'), [`3:33: git.a.signing.ssh: "~" is not expanded, use "\${HOME}"`]],
  [
    inGit('signing: { ssh: "hunter2\\nhunter2" }'),
    ['3:33: git.a.signing.ssh: expected a path, or a key that has "-----BEGIN", found a text'],
  ],
  [
    inGit('push: { branch: a..b, options: ["a\\nb", ""] }'),
    [
      '3:33: git.a.push.branch: expected a branch name, found "a..b"',
      '3:49: git.a.push.options[0]: expected a line of text, found "a\\nb"',
      '3:57: git.a.push.options[1]: expected a line of text, found an empty text',
    ],
  ],
  [
    inGit('message: "{{ sumary }}", push: { branch: "a/{{ policy" }'),
    [
      `3:26: git.a.message: cannot read the template: line 1, column 4: unknown variable "sumary": expected ${VARIABLES}`,
      '3:58: git.a.push.branch: cannot read the template: line 1, column 3: output "{{ policy" not closed',
    ],
  ],
  [
    inGit('message: " ", push: { branch: "${AB}" }'),
    [
      '3:26: git.a.message: expected a template that is not empty, found " "',
      '3:47: git.a.push.branch: the environment variable AB is not set',
    ],
  ],
  [inGit('push: { options: a }'), ['3:34: git.a.push.options: expected a list of texts, found a text']],
  [
    inGit('reverts: { within: 3651d }'),
    ['3:36: git.a.reverts.within: expected a duration of 3650d at most, found "3651d"'],
  ],

  // Registries.
  [top('registries: { "https://ghcr.io": {} }'), [`2:15: registries["https://ghcr.io"]: ${HOST_NAME}`]],
  [top('registries: { "u:hunter2@ghcr.io": {} }'), [`2:15: registries["***@ghcr.io"]: ${HOST_NAME}`]],
  [
    top('registries:\n  docker.io: {}\n  index.docker.io: {}'),
    ['4:3: registries["index.docker.io"]: the same registry as "docker.io" at tidemark.yaml:3:3'],
  ],
  [inRegistry('plainHttp: maybe'), ['3:25: registries["ghcr.io"].plainHttp: expected true or false, found "maybe"']],
  [
    inRegistry('credentials: { dockerConfig: ~/.docker/config.json }'),
    [`3:43: registries["ghcr.io"].credentials.dockerConfig: "~" is not expanded, use "\${HOME}"`],
  ],
  [
    inRegistry('credentials: { dockerConfig: a, password: hunter2 }'),
    [`3:27: registries["ghcr.io"].credentials: ${FORMS} "dockerConfig", or "helper", or "exec", or "provider"`],
  ],
  [
    inRegistry('credentials: { helper: ../hunter2 }'),
    [
      '3:37: registries["ghcr.io"].credentials.helper: expected the name of a credential helper such as "pass", found a text',
    ],
  ],
  [
    inRegistry('credentials: { exec: [] }'),
    ['3:35: registries["ghcr.io"].credentials.exec: expected a program and its arguments, found a list'],
  ],
  [
    inRegistry('credentials: { exec: hunter2 }'),
    ['3:35: registries["ghcr.io"].credentials.exec: expected a list of a program and its arguments, found a text'],
  ],
  [
    inRegistry('credentials: { provider: aws }'),
    ['3:39: registries["ghcr.io"].credentials.provider: expected "ecr" or "gar" or "acr", found a text'],
  ],
  [
    inRegistry('endpoint: https://u:hunter2@mirror.example.com'),
    [
      '3:24: registries["ghcr.io"].endpoint: expected an http:// or https:// URL without a path, found "***@mirror.example.com"',
    ],
  ],
  [
    inRegistry('endpoint: https://mirror.example.com/v2'),
    [
      '3:24: registries["ghcr.io"].endpoint: expected an http:// or https:// URL without a path, found "https://mirror.example.com/v2"',
    ],
  ],
  [inRegistry('tls: { ca: a, cert: b }'), ['3:19: registries["ghcr.io"].tls.key: missing beside "cert"']],
  [
    inRegistry('proxy: socks5://u:hunter2@p'),
    ['3:21: registries["ghcr.io"].proxy: expected an http:// or https:// URL of a proxy, found a text'],
  ],
  [
    inRegistry('proxy: "http://u:hunter2%@p"'),
    ['3:21: registries["ghcr.io"].proxy: expected an http:// or https:// URL of a proxy, found a text'],
  ],
  [
    inRegistry('requestsPerSecond: 0, concurrency: 1.5'),
    [
      '3:33: registries["ghcr.io"].requestsPerSecond: expected a number above 0 and below 100000, found 0',
      '3:49: registries["ghcr.io"].concurrency: expected a whole number from 1 to 1000, found 1.5',
    ],
  ],

  // Webhooks.
  [
    'policies: {}\nwebhooks: { a: { sender: harbour } }\n',
    [`2:26: webhooks.a.sender: expected ${SENDERS}, found "harbour"`],
  ],
  [
    top('webhooks: { a: { sender: distribution, secret: "" } }'),
    ['2:48: webhooks.a.secret: expected a text that is not empty, found an empty text'],
  ],
  [
    inWebhook('registry: ghcr'),
    ['3:54: webhooks.a.registry: expected a registry host such as "registry.example.com:5000", found "ghcr"'],
  ],

  [
    inWebhook('git: fleet'),
    [
      '3:49: webhooks.a.git: means nothing with the sender "generic"',
      '3:49: webhooks.a.git: no entry of "git" has the name "fleet"',
    ],
  ],
  [
    top('webhooks: { a: { sender: 1, secret: x, git: a, registry: ghcr.io } }'),
    [
      `2:26: webhooks.a.sender: expected ${SENDERS}, found 1`,
      '2:45: webhooks.a.git: no entry of "git" has the name "a"',
    ],
  ],
  [
    top(
      'webhooks: { a: { sender: artifactory, secret: x, repository: "a/b" }, b: { sender: nexus, secret: x, repository: a } }',
    ),
    [
      '2:62: webhooks.a.repository: expected a repository such as "docker", found "a/b"',
      '2:114: webhooks.b.repository: means nothing with the sender "nexus"',
    ],
  ],
  [
    top('webhooks: { a: { sender: gitlab, secret: 1234567890, registry: ghcr.io } }'),
    [
      '2:16: webhooks.a.git: missing, expected the name of an entry of "git"',
      '2:42: webhooks.a.secret: expected a text that is not empty, found a number, put it in quotes',
      '2:64: webhooks.a.registry: means nothing with the sender "gitlab"',
    ],
  ],
  [
    top('webhooks: { a: { sender: quay }, b: { sender: github } }'),
    [
      '2:16: webhooks.a.secret: missing, expected a text that is not empty',
      '2:37: webhooks.b.secret: missing, expected a text that is not empty',
    ],
  ],
  [
    top('webhooks: { a: { sender: gar, secret: x, serviceAccount: me, header: "a b" } }'),
    [
      '2:16: webhooks.a.audience: missing, expected the audience of the subscription',
      '2:39: webhooks.a.secret: means nothing with the sender "gar"',
      '2:58: webhooks.a.serviceAccount: expected the e-mail address of a service account, found "me"',
      '2:70: webhooks.a.header: expected the name of a header, found "a b"',
      '2:70: webhooks.a.header: means nothing with the sender "gar"',
    ],
  ],
  [
    top('webhooks: { a: { sender: docker-hub, secret: nineteen-characters, registry: docker.io } }'),
    [
      '2:46: webhooks.a.secret: becomes a part of the address, as this sender has no other proof: expected 20 to 200 letters, digits, ".", "_", "~" or "-"',
      '2:77: webhooks.a.registry: means nothing with the sender "docker-hub"',
    ],
  ],
  [
    top('webhooks: { a: { sender: alibaba, secret: "more/than/twenty/characters" } }'),
    [
      '2:43: webhooks.a.secret: becomes a part of the address, as this sender has no other proof: expected 20 to 200 letters, digits, ".", "_", "~" or "-"',
    ],
  ],
  [
    inWebhook('requestsPerSecond: 0'),
    ['3:63: webhooks.a.requestsPerSecond: expected a number above 0 and below 100000, found 0'],
  ],
  [
    `${inGit('branch: main').trimEnd()}\nwebhooks: { b: { sender: gitlab, secret: hunter2, git: b }, c: { sender: gitea, secret: x, git: "" } }\n`,
    [
      '4:56: webhooks.b.git: no entry of "git" has the name "b", did you mean "a"?',
      '4:97: webhooks.c.git: expected a text that is not empty, found an empty text',
    ],
  ],

  // The rest.
  [top('queue: {}'), ['2:8: queue.redis: missing, expected a redis:// or rediss:// URL']],
  [
    top('queue: { redis: "http://:hunter2@h" }'),
    ['2:17: queue.redis: expected a redis:// or rediss:// URL, found a text'],
  ],
  [top('state: ~'), ['2:8: state: expected a path, found nothing']],
  [top('state: ""'), ['2:8: state: expected a path, found an empty text']],
  [
    top('server: { host: "", port: 65536, adminTokn: hunter2 }'),
    [
      '2:17: server.host: expected a text that is not empty, found an empty text',
      '2:27: server.port: expected a port from 0 to 65535, found 65536',
      '2:34: server.adminTokn: unknown key, did you mean "adminToken"?',
    ],
  ],
  ...['-1', '80.5', 'http', '"65536"', 'true'].map((port): [string, string[]] => [
    top(`server: { port: ${port} }`),
    [`2:17: server.port: expected a port from 0 to 65535, found ${port === 'http' ? '"http"' : port}`],
  ]),
  [
    top(`state: "~${'x'.repeat(100)}"\nserver: { port: ${'x'.repeat(100)} }`),
    [
      `2:8: state: "~" is not expanded, use "\${HOME}"`,
      `3:17: server.port: expected a port from 0 to 65535, found "${'x'.repeat(80)}…"`,
    ],
  ],
]

for (const [text, expected] of FAULTS) {
  test(`refuses ${JSON.stringify(text)}`, async () => {
    const faults = await faultsOf(text)
    assert.deepEqual(faults, expected)
    assert.doesNotMatch(faults.join('\n'), /hunter2/)
  })
}

test('a proxy of the environment that is none is a fault, and not shown', async () => {
  assert.deepEqual(await faultsOf('policies: {}\n', { HTTPS_PROXY: 'socks5://u:hunter2@p', HTTP_PROXY: 'http://ok' }), [
    '1:1: the environment variable HTTPS_PROXY is not an http:// or https:// URL of a proxy',
  ])
})

test('a text that is filled in is not shown where its template is wrong', async () => {
  const env = { TEXT: '{{ hunter2 }}' }
  assert.deepEqual(await faultsOf(inGit('message: "${TEXT}", push: { branch: "${TEXT}" }'), env), [
    '3:26: git.a.message: expected a Liquid template, found something else in "${TEXT}"',
    '3:53: git.a.push.branch: expected a branch name, perhaps with {{ variables }}, found something else in "${TEXT}"',
  ])
})
