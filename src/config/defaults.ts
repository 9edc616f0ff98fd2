/** What holds where the file says nothing. */
export const DEFAULTS = {
  git: { branch: 'main', interval: '1m', signOff: false, reverts: '90d' },
  author: { name: 'Tidemark', email: 'tidemark@localhost' },
  policy: { interval: '5m', digest: 'none', downgrade: 'never', fallback: false },
  require: { ageFrom: 'firstSeen' },
  after: { soak: '0s' },
  registry: { requestsPerSecond: 20, concurrency: 8 },
  /** Docker Hub counts every request of an address, and refuses those who ask too often. */
  dockerHub: { requestsPerSecond: 5 },
  /** As many as nobody sends: it is for what goes wrong. */
  webhook: { requestsPerSecond: 10_000 },
  server: { host: '127.0.0.1', port: 8080 },
  state: '.tidemark',
} as const
