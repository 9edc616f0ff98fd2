import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificate } from './authority.js'
import { eventually } from './eventually.js'
import { removeFolder, temporaryFolder } from './folder.js'
import { freePort, startProcess } from './process.js'

/** A real nginx. */
export interface Nginx {
  /** As it stands in references, such as `127.0.0.1:5000`. */
  readonly host: string
  stop(): Promise<void>
}

export interface NginxOptions {
  /** The host and port that it passes requests on to. */
  readonly upstream: string
  readonly certificate: Certificate
  /** The path of the authority whose client certificates it demands. */
  readonly clientCa?: string
}

/** In front of a server at plain HTTP, as people put one in front of their registry. */
export function startNginx({ upstream, certificate, clientCa }: NginxOptions): Promise<Nginx> {
  return runNginx({
    listen: 'ssl',
    directives: `
    ssl_certificate ${certificate.cert};
    ssl_certificate_key ${certificate.key};
${clientCa === undefined ? '' : `    ssl_client_certificate ${clientCa};\n    ssl_verify_client on;`}
    location / {
      proxy_pass http://${upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
    }`,
  })
}

export interface ServerBlock {
  /** What follows the address in `listen`. */
  readonly listen?: string
  readonly directives: string
}

/** On a free port of 127.0.0.1. */
export async function runNginx(server: ServerBlock): Promise<Nginx> {
  const folder = await temporaryFolder('nginx')
  const host = `127.0.0.1:${await freePort()}`
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(host, folder, server))
  const running = startProcess('nginx', ['-e', 'stderr', '-p', folder, '-c', file])
  let exited = false
  running.ended.then(() => {
    exited = true
  })
  await eventually('nginx answers', async () => {
    if (exited) return true
    // To plain HTTP, though it may expect TLS: an answer is enough to know that it is there.
    return (await fetch(`http://${host}/`)).status >= 400
  })
  if (exited) throw new Error(`Cannot start nginx: it ended\n${running.output()}`)
  return {
    host,
    async stop() {
      await running.stop()
      await removeFolder(folder)
    },
  }
}

/** One process, and nothing outside of the folder. */
function configuration(host: string, folder: string, { listen = '', directives }: ServerBlock): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  server {
    listen ${host} ${listen};
    client_max_body_size 0;
    ${directives}
  }
}
`
}
