import { test } from 'node:test'
import { checkSample, readCorpus, sampleOf } from './fuzz.js'

/** `npm run fuzz -- --seconds 600` goes on for longer. */
const SECONDS = 5

test('mutated manifests and random bytes never crash, hang or harm', () => {
  const corpus = readCorpus()
  const seed = Math.floor(Math.random() * 2 ** 31)
  const end = performance.now() + SECONDS * 1_000
  for (let round = 0; performance.now() < end; round++) {
    try {
      checkSample(sampleOf(corpus, seed, round))
    } catch (error) {
      throw new Error(`Found by: npm run fuzz -- --seed ${seed} --round ${round}`, { cause: error })
    }
  }
})
