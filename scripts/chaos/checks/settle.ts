import { setTimeout as delay } from 'node:timers/promises';
import { bounded } from '../../../lib/bounded.js';
import type { CheckedTestbed } from '../testbed.js';
import type { Book } from '../traffic/book.js';
import { post } from '../traffic/speaker.js';
import type { Traffic } from '../traffic/traffic.js';

export type Settled = {
  /** Accepted turns that did not end in time, with their status. */
  hung: { turnId: string; status: string }[];
  /** Steps that were retried as an operator does, because injected faults had used up their attempts. */
  retriedSteps: number;
  /** Chats that accepted another turn afterwards, which ended. */
  chats: { all: number; tookAnother: number };
  /** How long it took until the last turn had ended, in milliseconds. */
  tookMs: number;
};

type Open = { id: string; status: string; stuck: string[] };

const pollEveryMs = 1_000;
const anotherWithinMs = 60_000;

/** Waits after the last fault until every accepted turn has ended. Retries stuck steps as an operator does. */
export async function settle(
  testbed: CheckedTestbed,
  { book, traffic }: { book: Book; traffic: Traffic },
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<Settled> {
  const startedAt = Date.now();
  let retriedSteps = 0;
  let open = await readOpen(testbed);
  while (open.length > 0 && Date.now() - startedAt < withinMs) {
    for (const { id, stuck } of open) for (const step of stuck) retriedSteps += await retry(testbed, id, step);
    await delay(pollEveryMs, undefined, { signal });
    open = await readOpen(testbed);
  }
  const tookMs = Date.now() - startedAt;
  const hung = open.map(({ id, status }) => ({ turnId: id, status }));
  const blocked = new Set(await chatsOf(testbed, hung));
  const free = traffic.chats.filter(({ id }) => !blocked.has(id));
  const bound = bounded(signal, anotherWithinMs);
  const another = await Promise.all(
    free.map(async (chat) => {
      const turnId = await post({ client: testbed.direct, book, signal: bound.signal }, chat, { text: 'And then?' });
      return turnId !== null && (await untilEnded(testbed, turnId, bound.signal));
    }),
  );
  bound.end();
  return {
    hung,
    retriedSteps,
    chats: { all: traffic.chats.length, tookAnother: another.filter(Boolean).length },
    tookMs,
  };
}

async function readOpen({ pool }: CheckedTestbed): Promise<Open[]> {
  const { rows } = await pool.query<Open>(
    `select t.id, t.status,
       coalesce(array_agg(s.name) filter (where s.status = 'stuck'), '{}') as stuck
     from turns t left join turn_steps s on s.turn_id = t.id
     where t.status not in ('completed', 'cancelled', 'failed') group by t.id`,
  );
  return rows;
}

async function chatsOf({ pool }: CheckedTestbed, hung: { turnId: string }[]): Promise<string[]> {
  const ids = hung.map(({ turnId }) => turnId);
  const { rows } = await pool.query<{ id: string }>('select chat_id as id from turns where id = any($1)', [ids]);
  return rows.map(({ id }) => id);
}

async function retry({ direct }: CheckedTestbed, turnId: string, step: string): Promise<number> {
  const path = `/v1/turns/${turnId}/steps/${encodeURIComponent(step)}/retry`;
  const { status } = await direct.send('POST', path, { body: {} }).catch(() => ({ status: 0 }));
  return status === 202 ? 1 : 0;
}

async function untilEnded({ pool }: CheckedTestbed, turnId: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rows } = await pool.query(
      "select 1 from turns where id = $1 and status in ('completed', 'cancelled', 'failed')",
      [turnId],
    );
    if (rows.length > 0) return true;
    await delay(250);
  }
  return false;
}
