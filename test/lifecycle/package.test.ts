import assert from 'node:assert/strict'
import { it } from 'node:test'
import { loadPackage } from '../../src/lifecycle/package.js'

it('says which npm package is missing', async () => {
  const load = () => import(`@tidemark-test/${'missing'}`)
  await assert.rejects(loadPackage('@tidemark-test/missing', load), {
    message: 'the npm package "@tidemark-test/missing" is not installed',
  })
})
