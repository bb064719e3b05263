import type { ClassifierEventKind } from '../../domain/classifiers/index.js';
import type { ChatEvent, EventKind } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';

/** An event that entered the timeline or left it. `subject` is the key of the row that it changes, if it has one. */
export type Moved = { seq: number; kind: EventKind; subject: string | null; isIn: boolean };

/** A projection: tables that are folded from the events of a chat's timeline. Must depend only on the log. */
export type Projection = {
  /** Folds appended events of the projection's kinds into its rows, in the transaction that appends or rebuilds them. */
  project(tx: Tx, chatId: string, events: ChatEvent[]): Promise<void>;
  /**
   * Makes the rows from the whole timeline, before events are folded into them again: of a projection that counts events
   * and does not read them. A rebuild does not read events of kinds that only change such projections.
   */
  count?(tx: Tx, chatId: string): Promise<void>;
  /**
   * Folds again the rows that events changed which entered or left the timeline, and no others. Runs after their marks
   * are stored. `upTo`: after a rewind its point, behind which the timeline has no event that changes a projection. An
   * index still has entries of those that it had, until they are vacuumed.
   */
  refold(tx: Tx, chatId: string, moved: Moved[], upTo?: number): Promise<void>;
};

/** The projections that each kind of event changes. An event of a classifier's own changes none, unless it has a row. */
export type ProjectionsOf = { [K in Exclude<EventKind, ClassifierEventKind>]: readonly Projection[] } & {
  [K in ClassifierEventKind]?: readonly Projection[];
};
