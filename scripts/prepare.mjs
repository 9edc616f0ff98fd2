// Installs what a fresh clone lacks. Plain JavaScript without dependencies: it runs before there are any.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Programs of others that tests and the demo run for real, and the Debian package of each. */
const PACKAGES = {
  git: 'git',
  'docker-registry': 'docker-registry',
  'redis-server': 'redis-server',
  nginx: 'nginx',
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  fcgiwrap: 'fcgiwrap',
  gpg: 'gnupg',
  prometheus: 'prometheus',
  chromium: 'chromium',
}

/** Runs a command in the project's folder with its output shown. Returns whether it succeeded. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  return error === undefined && status === 0
}

/** Installs the npm packages of the lock file where they are missing or out of date. Ends the process where that fails. */
export function prepareModules() {
  const installed = join(root, 'node_modules/.package-lock.json')
  const locked = join(root, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs) return
  console.error('Installing npm packages …')
  if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) return
  console.error('Cannot install npm packages: see above')
  process.exit(1)
}

/** Compiles `src` to `dist` where it is out of date. Ends the process where that fails. */
export function build() {
  if (!run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']))
    process.exit(1)
}

/** Installs missing programs with apt where that is possible. Returns those that are absent all the same. */
export function preparePrograms(programs) {
  const missing = programs.filter((program) => !isInstalled(program))
  const apt = aptCommand()
  if (missing.length > 0 && apt !== undefined) {
    console.error(`Installing ${missing.join(', ')} …`)
    // Their services are not wanted: tests start their own on free ports.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    const [command, ...args] = apt
    const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] }
    run(command, [...args, 'update', '-q'], quiet)
    run(
      command,
      [...args, 'install', '-y', '-q', '--no-install-recommends', ...missing.map((name) => PACKAGES[name])],
      quiet,
    )
  }
  return missing.filter((program) => !isInstalled(program))
}

function aptCommand() {
  if (!isInstalled('apt-get')) return undefined
  if (process.getuid?.() === 0) return ['apt-get']
  const mayBecomeRoot = isInstalled('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0
  return mayBecomeRoot ? ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND,RUNLEVEL', 'apt-get'] : undefined
}

function isInstalled(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
