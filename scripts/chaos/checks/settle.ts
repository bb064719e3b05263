import { setTimeout as delay } from 'node:timers/promises';
import { bounded } from '../../../lib/bounded.js';
import type { Stage } from '../stage.js';
import type { Book } from '../traffic/book.js';
import { post } from '../traffic/speaker.js';
import type { Traffic } from '../traffic/traffic.js';

export type Settled = {
  /** Accepted turns that had not ended in time, with their status. */
  hung: { turnId: string; status: string }[];
  /** Steps that an operator had to retry, since the provider's faults had used up their attempts. */
  retriedSteps: number;
  /** Chats that took another turn afterwards, which ended. */
  chats: { all: number; tookAnother: number };
  /** How long it took until the last turn had ended, in milliseconds. */
  tookMs: number;
};

type Open = { id: string; status: string; stuck: string[] };

const lookEveryMs = 1_000;
const anotherWithinMs = 60_000;

/** After the last fault: waits for every accepted turn's end, retrying what is stuck as an operator would. */
export async function settle(
  stage: Stage,
  { book, traffic }: { book: Book; traffic: Traffic },
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<Settled> {
  const startedAt = Date.now();
  let retriedSteps = 0;
  let open = await readOpen(stage);
  while (open.length > 0 && Date.now() - startedAt < withinMs) {
    for (const { id, stuck } of open) for (const step of stuck) retriedSteps += await retry(stage, id, step);
    await delay(lookEveryMs, undefined, { signal });
    open = await readOpen(stage);
  }
  const tookMs = Date.now() - startedAt;
  const hung = open.map(({ id, status }) => ({ turnId: id, status }));
  const stands = new Set(await chatsOf(stage, hung));
  const free = traffic.chats.filter(({ id }) => !stands.has(id));
  const bound = bounded(signal, anotherWithinMs);
  const another = await Promise.all(
    free.map(async (chat) => {
      const turnId = await post({ client: stage.direct, book, signal: bound.signal }, chat, 'And then?');
      return turnId !== null && (await untilEnded(stage, turnId, bound.signal));
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

async function readOpen({ pool }: Stage): Promise<Open[]> {
  const { rows } = await pool.query<Open>(
    `select t.id, t.status,
       coalesce(array_agg(s.name) filter (where s.status = 'stuck'), '{}') as stuck
     from turns t left join turn_steps s on s.turn_id = t.id
     where t.status not in ('completed', 'cancelled', 'failed') group by t.id`,
  );
  return rows;
}

async function chatsOf({ pool }: Stage, hung: { turnId: string }[]): Promise<string[]> {
  const ids = hung.map(({ turnId }) => turnId);
  const { rows } = await pool.query<{ id: string }>('select chat_id as id from turns where id = any($1)', [ids]);
  return rows.map(({ id }) => id);
}

async function retry({ direct }: Stage, turnId: string, step: string): Promise<number> {
  const path = `/v1/turns/${turnId}/steps/${encodeURIComponent(step)}/retry`;
  const { status } = await direct.send('POST', path, {}).catch(() => ({ status: 0 }));
  return status === 202 ? 1 : 0;
}

async function untilEnded({ pool }: Stage, turnId: string, signal: AbortSignal): Promise<boolean> {
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
