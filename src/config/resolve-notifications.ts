import { checked, milliseconds } from './checked.js'
import type { NotificationConfig } from './configuration.js'
import type { Path } from './node.js'
import { NEWS, RECONCILERS } from './notifications.js'
import { loginOf, resolveTls } from './resolve-access.js'
import type { PolicyFile } from './schema.js'

type Entry = NonNullable<PolicyFile['notifications']>[number]

/** Applies the defaults to a list without faults. `absolute` makes a path absolute that stands at some keys below it. */
export function resolveNotifications(
  entries: readonly Entry[],
  absolute: (keys: Path, path: string) => string,
): readonly NotificationConfig[] {
  const names = namesOf(entries)
  return entries.map((entry, index) =>
    resolveNotification(checked(names[index], undefined), entry, (key, path) => absolute([index, 'tls', key], path)),
  )
}

function resolveNotification(
  name: string,
  entry: Entry,
  absolute: (key: string, path: string) => string,
): NotificationConfig {
  const { to, url, policies, git, interval, template, secret, token, tls, proxy } = entry
  const isReconciler = RECONCILERS.some((reconciler) => reconciler === to)
  const wishes = {
    name,
    on: isReconciler ? (['updated'] as const) : (entry.on ?? NEWS),
    ...(policies !== undefined && { policies }),
    ...(git !== undefined && { git }),
    intervalMs: milliseconds(interval ?? (isReconciler ? '0s' : '10s')),
    url,
    ...(tls !== undefined && { tls: resolveTls(tls, absolute) }),
  }
  const text = template !== undefined && { template }
  if (to === 'email') {
    const credentials = loginOf(entry.credentials)
    const login = credentials !== undefined && { credentials }
    const recipients = checked(entry.recipients, undefined)
    return { ...wishes, to, ...login, from: checked(entry.from, undefined), recipients, ...text }
  }
  const there = { ...wishes, ...(proxy !== undefined && { proxy }) }
  const signed = secret !== undefined && { secret }
  const proven = token !== undefined && { token }
  if (to === 'argocd') return { ...there, to, ...signed, as: entry.as ?? 'github' }
  if (to === 'flux-receiver') return { ...there, to, ...proven }
  if (to === 'webhook') return { ...there, to, ...signed, ...proven }
  return { ...there, to, ...text }
}

/** Distinct: `slack`, `slack-2`. A name that is given stays as it is. */
function namesOf(entries: readonly Entry[]): readonly string[] {
  const taken = new Set(entries.flatMap(({ name }) => name ?? []))
  return entries.map(({ name, to }) => {
    if (name !== undefined) return name
    for (let number = 1; ; number++) {
      const free = number === 1 ? to : `${to}-${number}`
      if (taken.has(free)) continue
      taken.add(free)
      return free
    }
  })
}
