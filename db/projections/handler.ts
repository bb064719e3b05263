import type { EventData, EventKind } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';

export type Projected<K extends EventKind> = { kind: K; seq: number; at: string; data: EventData<K> };

/** Changes the projections by one event, in the transaction that appends or rebuilds. Uses nothing but the event. */
export type Handler<K extends EventKind> = (tx: Tx, chatId: string, event: Projected<K>) => Promise<unknown>;

export type Handlers = { [K in EventKind]: Handler<K> };
