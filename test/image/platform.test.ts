import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPlatform, platformOf, runsOn, tryParsePlatform } from '../../src/image/platform.js'

describe('reads as a platform', () => {
  const CASES: readonly [text: string, formatted: string | undefined][] = [
    ['linux/amd64', 'linux/amd64'],
    ['Linux/AMD64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/386', 'linux/386'],
    ['linux/s390x', 'linux/s390x'],
    ['windows/amd64', 'windows/amd64'],
    ['unknown/unknown', undefined],
    ['linux/unknown', undefined],
    ['linux', undefined],
    ['linux/', undefined],
    ['/amd64', undefined],
    ['linux/amd64/', undefined],
    ['linux/amd64/v1/x', undefined],
    ['linux/amd 64', undefined],
    [`linux/${'a'.repeat(65)}`, undefined],
    ['', undefined],
  ]
  for (const [text, formatted] of CASES) {
    it(`${JSON.stringify(text)}: ${formatted ?? 'none'}`, () => {
      const platform = tryParsePlatform(text)
      assert.equal(platform && formatPlatform(platform), formatted)
    })
  }

  it('an empty variant as none, as some image configurations have it', () => {
    assert.deepEqual(platformOf('linux', 'amd64', ''), { os: 'linux', architecture: 'amd64' })
  })
})

describe('an image for', () => {
  const CASES: readonly [built: string, machine: string, runs: boolean][] = [
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/amd64', 'linux/amd64/v3', true],
    ['linux/amd64/v3', 'linux/amd64', false],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm/v6', 'linux/arm/v7', true],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v7', 'linux/arm64', false],
    ['linux/s390x', 'linux/s390x', true],
    ['linux/mips/softfloat', 'linux/mips/hardfloat', false],
    ['linux/mips/softfloat', 'linux/mips/softfloat', true],
  ]
  for (const [built, machine, runs] of CASES) {
    it(`${built} ${runs ? 'runs' : 'does not run'} on ${machine}`, () => {
      const [image, host] = [tryParsePlatform(built), tryParsePlatform(machine)]
      assert.ok(image && host)
      assert.equal(runsOn(image, host), runs)
    })
  }
})
