import type { ChatEvent, EventKind } from '../../domain/log/events.js';
import type { Projected } from '../../domain/timeline/projectionRows.js';
import type { Tx } from '../core/pool.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { pagesOfEvents } from '../timeline/eventsOfSubjects.js';
import type { Projection } from './handler.js';
import type { RowStore } from './rowStore.js';

type Keyed<K extends EventKind, Row> = {
  store: RowStore<Row>;
  kinds: readonly K[];
  /** The key of the row that an event changes: its subject. */
  keyOf: (event: Projected<K>) => string;
  /** The row after an event; null where there is none, or no more. */
  evolve: (row: Row | null, event: Projected<K>) => Row | null;
};

/** How many rows are folded again at a time. */
const REFOLDED = 500;

/** A projection in which each event changes one row, and a row is changed by few events. */
export function keyed<K extends EventKind, Row>({ store, kinds, keyOf, evolve }: Keyed<K, Row>): Projection {
  const fold = (rows: Map<string, Row>, events: ChatEvent[]): void => {
    for (const event of events as unknown as Projected<K>[]) {
      const row = evolve(rows.get(keyOf(event)) ?? null, event);
      if (row) rows.set(keyOf(event), row);
      else rows.delete(keyOf(event));
    }
  };
  return {
    async project(tx, chatId, events) {
      const keys = [...new Set((events as unknown as Projected<K>[]).map(keyOf))];
      const rows = await store.read(tx, chatId, keys);
      const before = [...rows.keys()];
      fold(rows, events);
      const gone = before.filter((key) => !rows.has(key));
      await Promise.all([store.remove(tx, chatId, gone), store.write(tx, chatId, [...rows.values()])]);
    },
    async refold(tx, chatId, moved, upTo) {
      for await (const keys of batchesOf(moved.flatMap(({ subject }) => subject ?? []))) {
        const rows = new Map<string, Row>();
        for await (const events of pagesOfEvents(tx, chatId, { subjects: keys, kinds, upTo })) fold(rows, events);
        await replace(tx, chatId, store, keys, rows);
      }
    },
  };
}

/** Distinct keys in batches; other work of the process runs between them. */
export async function* batchesOf(keys: string[]): AsyncGenerator<string[]> {
  const distinct = [...new Set(keys)];
  for (let at = 0; at < distinct.length; at += REFOLDED) {
    yield distinct.slice(at, at + REFOLDED);
    await yieldToEventLoop();
  }
}

/** Stores what the rows of these keys are now: those that are missing in `rows` are deleted. */
export async function replace<Row>(
  tx: Tx,
  chatId: string,
  store: RowStore<Row>,
  keys: string[],
  rows: Map<string, Row>,
): Promise<void> {
  const gone = keys.filter((key) => !rows.has(key));
  await store.remove(tx, chatId, gone);
  await store.write(tx, chatId, [...rows.values()]);
}
