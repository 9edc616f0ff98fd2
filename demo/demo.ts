/**
 * The main job on this machine, with a real registry and a real Git server on free ports, and nothing else:
 * `npm run demo`, or `npm run demo -- --stay` to look around afterwards.
 */
import { once } from 'node:events'
import { startAnyRegistry } from '../test/parts/any-registry.js'
import { eventually } from '../test/parts/eventually.js'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { git, startGitServer } from '../test/parts/git-server.js'
import { pushImage } from '../test/parts/image.js'
import { freePort } from '../test/parts/process.js'
import { startTidemark, tidemark, writePolicyFile } from '../test/parts/tidemark.js'

const stay = process.argv.includes('--stay')
const ends: (() => Promise<unknown>)[] = []

/** The log records that tell the story of one tag. */
const TOLD = new Set(['Push event received', 'Tag selected', 'Commit pushed'])

try {
  await demo()
} finally {
  for (const end of ends.reverse()) await end()
}

async function demo(): Promise<void> {
  const folder = await temporaryFolder('demo')
  ends.push(() => removeFolder(folder))

  step('A registry and a Git server, both on this machine')
  const port = await freePort()
  const secret = 'made-up-for-this-demo'
  const notifications = { url: `http://127.0.0.1:${port}/webhooks/registry`, authorization: `Bearer ${secret}` }
  const registry = await startAnyRegistry({ notifications })
  ends.push(() => registry.stop())
  const server = await startGitServer()
  ends.push(() => server.stop())
  const image = `${registry.host}/acme/podinfo`
  const fleet = await server.create('fleet', { 'apps/podinfo.yaml': deployment(`${image}:6.9.0`) })
  await pushImage(registry, 'acme/podinfo', '6.9.0')
  say(`registry  ${registry.url} (${registry.kind})`)
  say(`git       ${fleet.url}, which says ${image}:6.9.0`)

  step('The policy file')
  const policyFile = `git:
  fleet: { url: "${fleet.url}" }
policies:
  podinfo:
    image: ${image}
    select: { semver: 6.x }
    write: [{ git: fleet, files: ["apps/**"] }]
webhooks:
  registry: { sender: distribution, registry: "${registry.host}", secret: ${secret} }
server: { port: ${port} }
`
  const config = await writePolicyFile(folder, policyFile)
  show(policyFile)

  step('Tidemark runs, on its embedded queue')
  const service = await startTidemark(['--config', config], { cwd: folder })
  ends.push(() => service.stop())
  await eventually('the first look', () => service.records().some(({ message }) => message === 'Tag selected'))
  say(`${service.url} – nothing to do yet: Git has what the policy selects`)

  step('Somebody pushes 6.9.1')
  const before = await tip(fleet.path)
  const told = service.records().length
  const pushedAt = performance.now()
  await pushImage(registry, 'acme/podinfo', '6.9.1')
  await eventually('the commit', async () => (await tip(fleet.path)) !== before)
  const tookMs = performance.now() - pushedAt
  for (const { message, tag } of service
    .records()
    .slice(told)
    .filter(({ message }) => TOLD.has(message))) {
    say(`${message}${tag === undefined ? '' : `: ${tag}`}`)
  }
  show(await shown(fleet.path))
  say(`From the push of the tag to the commit on the branch: ${Math.round(tookMs)} ms`)

  step('Somebody pushes 7.0.0, which the policy does not allow')
  await pushImage(registry, 'acme/podinfo', '7.0.0')
  const explained = await tidemark(['explain', 'podinfo', '--config', config], { cwd: folder })
  show(explained.stdout)
  say(`The branch is where it was: ${(await tip(fleet.path)).slice(0, 12)}`)

  if (stay) {
    step('Have a look around; Ctrl-C ends it')
    say(`page      ${service.url}/`)
    say(`metrics   ${service.url}/metrics`)
    say(`clone     git clone ${fleet.url}`)
    say(`explain   node dist/main.js explain --config ${config}`)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  }
}

function deployment(reference: string): string {
  return `# The podinfo of every environment.
apiVersion: apps/v1
kind: Deployment
metadata: { name: podinfo }
spec:
  template:
    spec:
      containers:
        - name:  podinfo        # two blanks, and they stay
          image: "${reference}"
`
}

async function tip(path: string): Promise<string> {
  return (await git(path, ['rev-parse', 'refs/heads/main'])).toString().trim()
}

async function shown(path: string): Promise<string> {
  return (await git(path, ['show', '--format=commit %h by %an%n%n%B', 'refs/heads/main'])).toString()
}

function step(title: string): void {
  process.stdout.write(`\n── ${title}\n`)
}

function say(sentence: string): void {
  process.stdout.write(`   ${sentence}\n`)
}

function show(text: string): void {
  process.stdout.write(`${text.trimEnd().replace(/^/gm, '   │ ')}\n`)
}
