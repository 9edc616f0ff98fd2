import type { Component } from '../lifecycle/component.js'
import type { PolicyHolds } from './holds.js'
import type { NoticesJob, Told } from './notices.js'
import type { PollJob, Selection, Sightings, Standing, UpdateJob, Watched } from './payloads.js'
import type { JobQueue } from './queue.js'
import type { ListedRecords, Records } from './records.js'
import type { Shown } from './shown.js'

/** Where watchers and updaters meet: queues, and what they tell each other. Two adapters: in-process, and BullMQ on Redis. */
export interface Jobs extends Component {
  /** One key per repository. */
  readonly polls: JobQueue<PollJob>
  /** One key per Git repository and branch. */
  readonly updates: JobQueue<UpdateJob>
  /** One key per message to somebody outside. */
  readonly notices: JobQueue<NoticesJob>
  readonly selections: Records<Selection>
  readonly watched: Records<Watched>
  /** Not found again once lost: ages begin anew. They outlast the process. */
  readonly sightings: Records<Sightings>
  /** Likewise. */
  readonly standings: Records<Standing>
  /** What people hold and release while processes run. They outlast the process. */
  readonly holds: ListedRecords<PolicyHolds>
  readonly shown: Shown
  /** What people were told of each branch, so that they are told once; by `branchKey`. Outlasts the process. */
  readonly told: Records<Told>
  /** Throws `JobsError` `UNAVAILABLE` within about a second when the queue cannot take jobs. */
  ping(): Promise<void>
}
