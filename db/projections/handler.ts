import type { ChatEvent, EventKind } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';

/** An event that entered the timeline or left it. `subject` is the key of the row that it changes, if it has one. */
export type Moved = { seq: number; kind: EventKind; subject: string | null; isIn: boolean };

/** A projection: tables that are folded from the events of a chat's timeline. Must depend only on the log. */
export type Projection = {
  /** Folds appended events of the projection's kinds into its rows, in the transaction that appends or rebuilds them. */
  project(tx: Tx, chatId: string, events: ChatEvent[]): Promise<void>;
  /**
   * Folds again the rows that events changed which entered or left the timeline, and no others. Runs after their marks
   * are stored.
   */
  refold(tx: Tx, chatId: string, moved: Moved[]): Promise<void>;
};

/** The projections that each kind of event changes. */
export type ProjectionsOf = { [K in EventKind]: readonly Projection[] };
