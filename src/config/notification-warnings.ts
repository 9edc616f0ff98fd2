import type { NotificationConfig } from './configuration.js'
import { plainHttpByDefault } from './host.js'
import type { Warning } from './policy-warnings.js'

/** What is allowed of notifications and probably not meant. */
export function* notificationWarnings(notifications: readonly NotificationConfig[]): Generator<Warning> {
  for (const [index, { url }] of notifications.entries()) {
    if (!url.startsWith('http://') || plainHttpByDefault(new URL(url).host)) continue
    const message = 'what is sent will go over http:// for everyone on the way to read'
    yield { path: ['notifications', index, 'url'], message }
  }
}
