import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { removeFolder, temporaryFolder } from './folder.js'
import { git } from './git-server.js'
import { runNginx } from './nginx.js'
import { startProcess } from './process.js'

/** Git's own program behind nginx and fcgiwrap, as people serve repositories themselves; source: git-http-backend(1). */
export interface CgiServer {
  /** Repositories are at `<url>/<name>.git`. */
  readonly url: string
  stop(): Promise<void>
}

/** Serves the repositories of a folder, which stays when the server is stopped. */
export async function startCgiServer(root: string): Promise<CgiServer> {
  const folder = await temporaryFolder('cgi')
  const socket = join(folder, 'socket')
  const wrapper = startProcess('fcgiwrap', ['-f', '-s', `unix:${socket}`])
  await eventually('fcgiwrap listens', async () => existsSync(socket))
  const programs = (await git(root, ['--exec-path'])).toString().trim()
  const nginx = await runNginx({
    directives: `
    location / {
      gzip off;
      fastcgi_pass unix:${socket};
      fastcgi_param SCRIPT_FILENAME ${programs}/git-http-backend;
      fastcgi_param GIT_PROJECT_ROOT ${root};
      fastcgi_param GIT_HTTP_EXPORT_ALL "";
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
      fastcgi_param REMOTE_USER tests;
      fastcgi_param HOME ${folder};
    }`,
  })
  return {
    url: `http://${nginx.host}`,
    async stop() {
      await nginx.stop()
      await wrapper.stop()
      await removeFolder(folder)
    },
  }
}
