import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { eventually } from './eventually.js'
import { removeFolder, temporaryFolder } from './folder.js'
import { freePort, startProcess } from './process.js'

/** A real Prometheus on 127.0.0.1, which asks its targets every second. */
export interface RunningPrometheus {
  /** Throws with Prometheus' own words where it refuses the query. */
  query(expression: string): Promise<readonly Sample[]>
  /** The alerting rules by their names, with how their last evaluation went. */
  rules(): Promise<readonly Rule[]>
  stop(): Promise<void>
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface Rule {
  readonly name: string
  readonly health: 'ok' | 'err' | 'unknown'
  readonly state: 'inactive' | 'pending' | 'firing'
}

/** `targets` are such as `127.0.0.1:8080`, and `rules` the absolute path of a file. */
export async function startPrometheus(targets: readonly string[], rules: string): Promise<RunningPrometheus> {
  const folder = await temporaryFolder('prometheus')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: [{ job_name: 'tidemark', static_configs: [{ targets }] }],
  }
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const running = startProcess('prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  const stop = async () => {
    await running.stop()
    await removeFolder(folder)
  }
  await eventually('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok).catch(async (cause) => {
    await stop()
    throw new Error(`Cannot start Prometheus: ${running.output()}`, { cause })
  })

  return {
    async query(expression) {
      const { resultType, result = [] } = await ask(`query?${new URLSearchParams({ query: expression })}`)
      if (resultType !== 'vector') throw new Error(`Prometheus answers "${expression}" with a ${resultType}`)
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }))
    },
    async rules() {
      const { groups = [] } = await ask('rules?type=alert')
      return groups.flatMap(({ rules }) => rules)
    },
    stop,
  }

  async function ask(path: string): Promise<Answer> {
    const response = await fetch(`${url}/api/v1/${path}`)
    const { error, data } = (await response.json()) as { readonly error?: string; readonly data?: Answer }
    if (data === undefined) throw new Error(`Prometheus refuses "${path}": ${error}`)
    return data
  }
}

/** What it says to either question. Source: Prometheus' documentation, "HTTP API". */
interface Answer {
  readonly resultType?: string
  readonly result?: readonly {
    readonly metric: Sample['metric']
    readonly value: readonly [at: number, value: string]
  }[]
  readonly groups?: readonly { readonly rules: readonly Rule[] }[]
}

export interface Checked {
  readonly code: number | null
  /** What it printed on both streams. */
  readonly output: string
}

/** Runs Prometheus' own checker, such as `promtool check metrics`, with a text on its standard input. */
export async function promtool(args: readonly string[], input = ''): Promise<Checked> {
  const child = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, output: stdout + stderr }
}
