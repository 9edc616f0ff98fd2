// Runs the service from a clone: `npm start -- --config FILE`.
import { build, prepareModules } from './prepare.mjs'

prepareModules()
build()
process.argv.splice(2, 0, 'run')
await import('../dist/main.js')
