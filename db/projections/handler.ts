import type { EventData, EventKind } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';

/** An event as handlers get it; `at` is ISO 8601 UTC. */
export type Projected<K extends EventKind> = { kind: K; seq: number; at: string; data: EventData<K> };

/** Applies an event to the projections, in the transaction that appends or rebuilds. Must depend only on the log. */
export type Handler<K extends EventKind> = (tx: Tx, chatId: string, event: Projected<K>) => Promise<unknown>;

/** A handler for each kind of event. */
export type Handlers = { [K in EventKind]: Handler<K> };
