import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Configuration } from '../../src/config/configuration.js'
import { ConfigError } from '../../src/config/errors.js'
import { loadConfiguration } from '../../src/config/load.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'

export type Files = Readonly<Record<string, string | Uint8Array>>
export type Env = Readonly<Record<string, string | undefined>>

/** Runs `body` with these files in a folder of their own. */
export async function withFiles<T>(files: Files, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder('config')
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
    }
    return await body(folder)
  } finally {
    await removeFolder(folder)
  }
}

/** What the text of one policy file means. */
export function load(text: string, env: Env = {}, now = 0): Promise<Configuration> {
  return withFiles({ 'tidemark.yaml': text }, (folder) =>
    loadConfiguration([join(folder, 'tidemark.yaml')], { env, now }),
  )
}

/** The faults of policy files as `line:column: path: message`, after the file's name where there are several. */
export async function faultsOf(input: string | Uint8Array | Files, env: Env = {}): Promise<string[]> {
  const single = typeof input === 'string' || input instanceof Uint8Array
  const files = single ? { 'tidemark.yaml': input } : input
  const error = await withFiles(files, async (folder) => {
    const paths = Object.keys(files).filter((name) => name.endsWith('.yaml'))
    return refusal(
      loadConfiguration(
        paths.map((name) => join(folder, name)),
        { env },
      ),
      folder,
    )
  })
  return error.lines.map((line) => (single ? line.replace('tidemark.yaml:', '') : line))
}

/** The error of a load that must fail, and its lines without the folder. */
export async function refusal(
  loading: Promise<unknown>,
  folder: string,
): Promise<{ error: ConfigError; lines: string[] }> {
  const error = await loading.then(
    () => assert.fail('the policy file was accepted'),
    (thrown) => thrown,
  )
  assert.ok(error instanceof ConfigError, String(error))
  const [first, ...lines] = error.message.replaceAll(`${folder}/`, '').split('\n')
  assert.equal(first, `Cannot load the policy file: ${lines.length === 1 ? '1 fault' : `${lines.length} faults`}`)
  assert.equal(error.faults.length, lines.length)
  return { error, lines }
}
