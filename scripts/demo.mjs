// Shows the main job end to end on this machine: `npm run demo`.
import { build, prepareModules, preparePrograms, root, run } from './prepare.mjs'

prepareModules()
const absent = preparePrograms(['git', 'docker-registry'])
if (absent.includes('git')) {
  console.error('Cannot run the demo: git is not installed, and cannot be installed from here')
  process.exit(1)
}
build()
process.exit(
  run(process.execPath, ['--import', 'tsx', 'demo/demo.ts', ...process.argv.slice(2)], { cwd: root }) ? 0 : 1,
)
