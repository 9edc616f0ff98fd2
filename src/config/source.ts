import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Fault } from './errors.js'
import { type ReadText, systemComplaint } from './text-file.js'

/** A policy file as text. */
export interface Source {
  /** As given, or below the folder given. */
  readonly file: string
  readonly text: string
}

/** Policy files are written by people: what is larger is another file. */
const MAX_BYTES = 1024 * 1024

export interface Sources {
  readonly sources: readonly Source[]
  /** Files and folders that could not be read. */
  readonly faults: readonly Fault[]
}

/** Reads files, and of folders every `.yaml` and `.yml` directly in them by name. A file given twice is read once. */
export async function readSources(paths: readonly string[], readText: ReadText): Promise<Sources> {
  const sources: Source[] = []
  const faults: Fault[] = []
  const seen = new Set<string>()
  for (const path of paths) {
    const listed = await listFiles(path)
    if ('complaint' in listed) {
      faults.push(ofFile(path, `cannot read: ${listed.complaint}`))
      continue
    }
    for (const file of listed.files) {
      if (seen.has(resolve(file))) continue
      seen.add(resolve(file))
      const read = await readText(file, MAX_BYTES)
      if ('text' in read) sources.push({ file, text: read.text })
      else faults.push(ofFile(file, `cannot read: ${read.complaint}`))
    }
  }
  return { sources, faults }
}

/** A fault of a whole file. */
export function ofFile(file: string, message: string): Fault {
  return { file, line: 1, column: 1, path: '', message }
}

async function listFiles(
  path: string,
): Promise<{ readonly files: readonly string[] } | { readonly complaint: string }> {
  try {
    if (!(await stat(path)).isDirectory()) return { files: [path] }
    const names = (await readdir(path)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
    if (names.length === 0) return { complaint: 'the folder has no .yaml or .yml file' }
    return { files: names.map((name) => join(path, name)) }
  } catch (error) {
    return { complaint: systemComplaint(error) }
  }
}
