import { type FakeRegistry, sortedList, startFakeRegistry } from './fake-registry.js'
import { tokenDoor } from './tokens.js'

/** GitLab: the registry is Distribution's; the tokens come from GitLab itself (its documentation, "Container registry"). */
export function startGitlab(): Promise<FakeRegistry> {
  const credentials = { username: 'deploy-token', password: 'made-up' }
  const { refuse, give } = tokenDoor({
    path: '/jwt/auth',
    service: 'container_registry',
    login: credentials,
    answer: (token) => ({ token, expires_in: 300 }),
  })
  return startFakeRegistry({ credentials, refuse, list: sortedList, other: give })
}
