import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from './folder.js'

/** Git's own HTTP server, `git http-backend` (git-http-backend(1)), on a free port of 127.0.0.1 with a folder of its own. */
export interface GitServer {
  /** Repositories are at `<url>/<name>.git`. */
  readonly url: string
  readonly folder: string
  /** Every request so far, oldest first. */
  readonly requests: readonly GitRequest[]
  /** What to answer without asking Git, where it returns something. */
  before: (request: GitRequest) => GitAnswer | undefined
  /** Changes what Git answered; by then a push is done. */
  after: (request: GitRequest, answer: GitAnswer) => GitAnswer
  create(name: string, files?: Files, options?: CreateOptions): Promise<{ readonly url: string; readonly path: string }>
  stop(): Promise<void>
}

export type Files = Readonly<Record<string, string | Uint8Array>>

export interface CreateOptions {
  readonly branch?: string
  /** Shell scripts by the name of the hook, such as `pre-receive`. */
  readonly hooks?: Readonly<Record<string, string>>
}

export interface GitRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface GitAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Breaks the connection after the body instead of ending the answer. */
  readonly cut?: boolean
  /** Sends the body and then nothing more. */
  readonly hang?: boolean
}

export async function startGitServer(
  options: { readonly credentials?: { readonly username: string; readonly password: string } } = {},
): Promise<GitServer> {
  const folder = await temporaryFolder('git-server')
  const requests: GitRequest[] = []
  const { credentials } = options
  const expected =
    credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://server')
    const body = await collect(incoming)
    const { headers, method = 'GET' } = incoming
    const request = { method, path: decodeURIComponent(url.pathname), query: url.search.slice(1), headers, body }
    requests.push(request)
    const refused = expected !== undefined && headers.authorization !== expected
    send(
      response,
      server.before(request) ?? (refused ? unauthorized : server.after(request, await backend(folder, request))),
    )
  }

  const listener = createServer((incoming, response) => {
    handle(incoming, response).catch((error) => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start the Git server: no address')

  const server: GitServer = {
    url: `http://127.0.0.1:${address.port}`,
    folder,
    requests,
    before: () => undefined,
    after: (_, answer) => answer,
    async create(name, files, { branch = 'main', hooks = {} } = {}) {
      const path = join(folder, `${name}.git`)
      await createRepository(path, branch)
      if (files !== undefined) await commitFiles(path, branch, files, { message: 'Begin' })
      for (const [hook, script] of Object.entries(hooks)) await writeHook(path, hook, script)
      return { url: `${server.url}/${name}.git`, path }
    },
    async stop() {
      listener.closeAllConnections()
      listener.close()
      await once(listener, 'close')
      await removeFolder(folder)
    },
  }
  return server
}

export async function createRepository(path: string, branch = 'main'): Promise<void> {
  await mkdir(path, { recursive: true })
  await git(path, ['init', '-q', '--bare', '-b', branch])
  await appendFile(
    join(path, 'config'),
    '[http]\n\treceivepack = true\n[receive]\n\tfsckObjects = true\n[uploadpack]\n\tallowFilter = true\n',
  )
}

export async function writeHook(path: string, name: string, script: string): Promise<void> {
  const file = join(path, 'hooks', name)
  await mkdir(join(path, 'hooks'), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
}

export interface HumanCommit {
  readonly author?: string
  readonly message?: string
  /** For every file of the commit; beside `100644`: `100755`, `120000`, and `160000` with a commit's object id as content. */
  readonly mode?: string
}

/** Somebody's commit upon a branch of a bare repository, or its first. Returns its object id. */
export async function commitFiles(
  path: string,
  branch: string,
  files: Files,
  commit: HumanCommit = {},
): Promise<string> {
  const { author = 'Somebody', message = 'Change', mode = '100644' } = commit
  const reference = `refs/heads/${branch}`
  const parent = await git(path, ['rev-parse', '-q', '--verify', reference]).catch(() => undefined)
  // git-fast-import(1): one process, however many files.
  const parts = [
    `commit ${reference}\nmark :1\ncommitter ${author} <somebody@example.com> 1767225600 +0000\n`,
    data(message),
  ]
  if (parent !== undefined) parts.push(`from ${text(parent)}\n`)
  for (const [name, content] of Object.entries(files)) {
    const quoted = `"${name.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
    if (mode === '160000') parts.push(`M ${mode} ${content} ${quoted}\n`)
    else parts.push(`M ${mode} inline ${quoted}\n`, data(content))
  }
  parts.push('get-mark :1\n')
  const input = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))
  return text(await git(path, ['fast-import', '--quiet'], { input }))
}

export function readFileAt(path: string, branch: string, file: string): Promise<Buffer> {
  return git(path, ['cat-file', 'blob', `refs/heads/${branch}:${file}`])
}

export interface LogEntry {
  readonly oid: string
  readonly parents: readonly string[]
  readonly author: string
  readonly message: string
}

/** The commits of a branch, newest first. */
export async function log(path: string, branch: string): Promise<LogEntry[]> {
  const printed = await git(path, ['log', '-z', '--format=%H%x01%P%x01%an <%ae>%x01%B', `refs/heads/${branch}`])
  return text(printed)
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [oid = '', parents = '', author = '', message = ''] = entry.split('\x01')
      return { oid, parents: parents.split(' ').filter((parent) => parent !== ''), author, message }
    })
}

/** Rejects with what `git fsck --strict` finds wrong. */
export async function fsck(path: string): Promise<void> {
  await git(path, ['fsck', '--strict', '--no-dangling'])
}

/** Runs the native program, away from the configuration of this machine and with one identity. Resolves with what it printed. */
export async function git(
  path: string,
  args: readonly string[],
  { env = {}, input }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string | Uint8Array } = {},
): Promise<Buffer> {
  const child = spawn('git', args, { cwd: path, env: isolated(env) })
  const [printed, said, code] = await finished(child, input)
  if (code !== 0) throw new Error(`Cannot run "git ${args.join(' ')}": ${said.toString().trim()}`)
  return printed
}

const unauthorized: GitAnswer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' },
  body: Buffer.from('Credentials are needed\n'),
}

async function backend(folder: string, { method, path, query, headers, body }: GitRequest): Promise<GitAnswer> {
  const env = isolated({
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: path,
    QUERY_STRING: query,
    REQUEST_METHOD: method,
    REMOTE_ADDR: '127.0.0.1',
    CONTENT_TYPE: headers['content-type'] ?? '',
    CONTENT_LENGTH: String(body.length),
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
  })
  const [printed] = await finished(spawn('git', ['http-backend'], { env }), body)
  return parseCgi(printed)
}

// RFC 3875, section 6: header lines, an empty line, the body.
function parseCgi(printed: Buffer): GitAnswer {
  const end = printed.indexOf('\r\n\r\n')
  const headers: Record<string, string> = {}
  for (const line of printed.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const { status = '200', ...rest } = headers
  return { status: Number.parseInt(status, 10), headers: rest, body: printed.subarray(end + 4) }
}

function send(response: ServerResponse, answer: GitAnswer): void {
  response.writeHead(answer.status, answer.headers)
  if (answer.hang) response.write(answer.body)
  else if (answer.cut) response.write(answer.body, () => response.destroy())
  else response.end(answer.body)
}

function isolated(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Somebody',
    GIT_AUTHOR_EMAIL: 'somebody@example.com',
    GIT_COMMITTER_NAME: 'Somebody',
    GIT_COMMITTER_EMAIL: 'somebody@example.com',
    GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
    GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
    ...env,
  }
}

async function finished(
  child: ChildProcess,
  input: string | Uint8Array = '',
): Promise<[Buffer, Buffer, number | null]> {
  const closed = once(child, 'close') as Promise<[number | null]>
  // A program may end before it has read everything.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const [printed, said, [code]] = await Promise.all([collect(child.stdout), collect(child.stderr), closed])
  return [printed, said, code]
}

async function collect(stream: AsyncIterable<Buffer> | null): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function data(content: string | Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`data ${Buffer.byteLength(content)}\n`),
    Buffer.from(content as Uint8Array),
    Buffer.from('\n'),
  ])
}

function text(bytes: Buffer): string {
  return bytes.toString().trim()
}
