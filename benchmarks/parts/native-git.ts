import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * The yardstick: what the native programs take to bring one image up to date in a bare mirror that is kept, without a work
 * tree. One shell stays open and runs the plumbing, so that only Git's own processes start. CPU is theirs, user and system.
 */
export interface NativeGit {
  /** Clones a mirror without history and reads every blob once. */
  cold(): Promise<NativeSpent>
  /** The same as `update` with nothing there, and without any file but the one. */
  updateCold(change: NativeChange): Promise<NativeSpent>
  /** The same for the files whose paths are lines of a file, with one commit. `from` and `to` are alike in all of them. */
  updateManyCold(list: string, change: Pick<NativeChange, 'from' | 'to'>): Promise<NativeSpent>
  /** Fetches, writes the changed file, its trees and a commit, and pushes it. */
  update(change: NativeChange): Promise<NativeSpent>
  stop(): Promise<void>
}

export interface NativeChange {
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface NativeSpent {
  readonly wallMs: number
  readonly cpuMs: number
}

/** `folder` must be empty, and exist. */
export async function startNativeGit(
  url: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<NativeGit> {
  const shell = spawn('bash', ['--norc', '-e', '-o', 'pipefail'], {
    cwd: folder,
    env: { ...process.env, ...ISOLATED, ...environment, GIT_INDEX_FILE: join(folder, 'index') },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]()
  const ended = once(shell, 'exit')
  let cpuBefore = 0

  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('Cannot measure native Git: the shell has ended')
    return value
  }
  // `times` prints the shell's own times in one line and those of its children in the next.
  const run = async (command: string): Promise<NativeSpent> => {
    shell.stdin.write(`started=$EPOCHREALTIME\n${command}\necho $started $EPOCHREALTIME\ntimes\n`)
    const [started = 0, finished = 0] = (await nextLine()).split(' ').map(Number)
    await nextLine()
    const cpuMs = cpuOf(await nextLine())
    const spent = { wallMs: (finished - started) * 1000, cpuMs: cpuMs - cpuBefore }
    cpuBefore = cpuMs
    return spent
  }

  await run(functions(url))
  return {
    cold: () => run('cold'),
    updateCold: ({ file, from, to }) => run(`updateCold '${file}' '${from}' '${to}'`),
    updateManyCold: (list, { from, to }) => run(`updateManyCold '${list}' '${from}' '${to}'`),
    update: ({ file, from, to }) => run(`update '${file}' '${from}' '${to}'`),
    async stop() {
      shell.stdin.end()
      await ended
    },
  }
}

const ISOLATED = {
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Native',
  GIT_AUTHOR_EMAIL: 'native@example.com',
  GIT_COMMITTER_NAME: 'Native',
  GIT_COMMITTER_EMAIL: 'native@example.com',
}

function functions(url: string): string {
  return `
cold() {
  git clone --quiet --bare --depth 1 --branch main ${url} mirror.git
  cd mirror.git
  git config maintenance.auto false
  git ls-tree -r --format='%(objectname)' main | git cat-file --batch --buffer > /dev/null
}
cloneWithoutFiles() {
  git clone --quiet --bare --depth 1 --branch main --filter=blob:none ${url} mirror.git
  cd mirror.git
  git config maintenance.auto false
}
updateCold() {
  cloneWithoutFiles
  write "$@"
}
updateManyCold() {
  cloneWithoutFiles
  git read-tree main
  xargs git ls-files --stage < "$1" > ../staged
  cut -d ' ' -f 2 ../staged | git -c fetch.negotiationAlgorithm=noop fetch --quiet origin --no-tags --no-write-fetch-head --filter=blob:none --stdin
  mkdir ../files
  (
    cd ../files
    export GIT_DIR=../mirror.git GIT_WORK_TREE=.
    cut -f 2 ../staged | git checkout-index --stdin
    cut -f 2 ../staged | xargs sed -i "s|$2|$3|"
    cut -f 2 ../staged | git hash-object -w --no-filters --stdin-paths > ../written
  )
  cut -f 2 ../staged | paste -d '\\t' ../written - | sed 's/^/100644 /' | git update-index --index-info
  commit "Update $(wc -l < "$1") files"
}
update() {
  git fetch --quiet origin +refs/heads/main:refs/heads/main
  write "$@"
}
write() {
  blob=$(git cat-file blob "main:$1" | sed "s|$2|$3|" | git hash-object -w --stdin)
  git read-tree main
  git update-index --cacheinfo "100644,$blob,$1"
  commit "Update $1"
}
commit() {
  commit=$(git commit-tree -p main -m "$1" "$(git write-tree --missing-ok)")
  git push --quiet origin "$commit:refs/heads/main"
  git update-ref refs/heads/main "$commit"
}
`
}

/** Reads `0m1.234s 0m0.567s`. */
function cpuOf(line: string): number {
  const [user = 0, system = 0] = line.split(' ').map((time) => {
    const [minutes = 0, seconds = 0] = time.replace('s', '').split('m').map(Number)
    return (minutes * 60 + seconds) * 1000
  })
  return user + system
}
