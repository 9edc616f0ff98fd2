import { z } from 'zod'
import { requireSignature } from './authenticity.js'
import { MAX_EVENTS, parseBody } from './body.js'
import type { GitHostOptions } from './github.js'
import { branchesOf } from './push-event.js'
import type { PushedBranch, Sender } from './sender.js'

/**
 * The push events of Bitbucket Cloud (`repo:push`) and Bitbucket Data Center (`repo:refs_changed`), both signed with
 * `X-Hub-Signature`. Source: support.atlassian.com and confluence.atlassian.com, "Event payloads".
 */
export function bitbucketSender({ secret, git }: GitHostOptions): Sender<PushedBranch> {
  return {
    read(delivery) {
      const { 'x-event-key': event, 'x-hub-signature': signature } = delivery.headers
      // The connection test of Data Center is not signed by every version. It says nothing, so that nobody need prove it.
      if (event === 'diagnostics:ping' && signature === undefined) return []
      requireSignature(delivery, 'x-hub-signature', secret)
      if (event === 'repo:push') return branchesOfCloud(git, parseBody(delivery.body, cloudPush))
      if (event === 'repo:refs_changed') return branchesOfDataCenter(git, parseBody(delivery.body, dataCenterPush))
      return []
    },
  }
}

const changes = <Change extends z.ZodType>(change: Change) =>
  z.array(change, 'expected a list').max(MAX_EVENTS, `expected at most ${MAX_EVENTS} changes`)

const cloudPush = z.object({
  push: z.object({
    changes: changes(
      z.object({
        /** Null where a branch or tag was deleted. */
        new: z.object({ type: z.string(), name: z.string() }).nullish(),
      }),
    ),
  }),
})

function branchesOfCloud(git: string, { push }: z.infer<typeof cloudPush>): readonly PushedBranch[] {
  return push.changes.flatMap(({ new: now }) => (now?.type === 'branch' ? [{ git, branch: now.name }] : []))
}

const dataCenterPush = z.object({
  changes: changes(z.object({ ref: z.object({ id: z.string() }), toHash: z.string() })),
})

function branchesOfDataCenter(git: string, event: z.infer<typeof dataCenterPush>): readonly PushedBranch[] {
  return event.changes.flatMap(({ ref, toHash }) => branchesOf(git, { ref: ref.id, after: toHash }))
}
