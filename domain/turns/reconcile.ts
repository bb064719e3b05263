/** A Temporal namespace. Its id is a UUID of its own: two servers may each have a namespace of the same name. */
export type Namespace = { id: string; name: string; clusterId: string | null };

/**
 * Since when the task of a workflow has failed at every attempt. `slow`: no worker reported a failure of the code, the
 * task only took too long each time, as on a machine without a free processor.
 */
export type FailingTask = { since: Date; attempt: number; cause: string; slow: boolean };

/** What Temporal says about a turn's workflow. */
export type FoundWorkflow =
  | { status: 'running'; runId: string; failing: FailingTask | null }
  | { status: 'closed'; runId: string; closedAs: string }
  | { status: 'not_found' };

/** What Postgres says about a turn that has not ended. */
export type OpenTurn = { opened: boolean; holdsFloor: boolean; failingSince: Date | null };
