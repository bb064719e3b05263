/** A Temporal namespace. `id` is a UUID, because two servers may have namespaces of the same name. */
export type Namespace = { id: string; name: string; clusterId: string | null };

/**
 * The task of a workflow that has failed at every attempt, since `since`. `slow`: no worker reported an error; the task
 * timed out each time, for example on an overloaded machine.
 */
export type FailingTask = { since: Date; attempt: number; cause: string; slow: boolean };

/** The state of a turn's workflow in Temporal. */
export type FoundWorkflow =
  | { status: 'running'; runId: string; failing: FailingTask | null }
  | { status: 'closed'; runId: string; closedAs: string }
  | { status: 'not_found' };

/** The state in Postgres of a turn that has not ended. */
export type OpenTurn = { opened: boolean; holdsFloor: boolean; failingSince: Date | null };
