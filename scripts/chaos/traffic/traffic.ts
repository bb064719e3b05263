import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../../client/src/index.js';
import type { Pool } from '../../../db/core/pool.js';
import { createSeededRandom } from '../seededRandom.js';
import type { Book } from './book.js';
import { makeChat, planOf } from './kinds.js';
import type { Recovery } from './recovery.js';
import { type Chat, speak } from './speaker.js';
import { type ChaosViewer, keepWatching, type Seen } from './viewer.js';

export type Traffic = {
  viewers: ChaosViewer[];
  chats: Chat[];
  /** Chats that were given up because a turn took too long. */
  abandoned: string[];
  /** Says nothing more. Resolves when every post that is on its way was answered. */
  quiet(): Promise<void>;
  close(): Promise<void>;
};

export type TrafficDeps = {
  /** Where clients and viewers come by. */
  base: string;
  client: Client;
  book: Book;
  recovery: Recovery;
  pool: Pool;
  seed: number;
};

/** More chats than this are not begun, however many are given up. */
const mostChats = 300;
const lookEveryMs = 1_000;

/** People in so many chats at once, each chat watched over a WebSocket and over server-sent events. */
export function startTraffic(deps: TrafficDeps, places: number): Traffic {
  const { base, client, book, recovery, pool, seed } = deps;
  const talking = new AbortController();
  const looking = new AbortController();
  setMaxListeners(0, talking.signal);
  const viewers: ChaosViewer[] = [];
  const chats: Chat[] = [];
  const abandoned: string[] = [];
  let begun = 0;

  const seen: Seen = (frame) => {
    if (frame.type === 'token' && frame.channel === 'text') recovery.token(frame.turnId);
    if (frame.type !== 'event' || !frame.turnId) return;
    if (frame.kind === 'assistant_turn') recovery.landed(frame.turnId);
    if (frame.kind === 'turn_completed') book.end(frame.turnId);
  };

  async function newChat(place: number): Promise<Chat | null> {
    const plan = planOf(place);
    while (!talking.signal.aborted) {
      try {
        const chat = { id: await makeChat(client, plan), kind: plan.kind };
        chats.push(chat);
        book.chats.set(chat.id, chat.kind);
        for (const over of ['socket', 'events'] as const) {
          viewers.push(keepWatching({ base, chatId: chat.id, over }, seen));
        }
        return chat;
      } catch {
        // The api is away just now.
        await delay(500, undefined, { signal: talking.signal }).catch(() => undefined);
      }
    }
    return null;
  }

  async function fill(place: number): Promise<void> {
    while (!talking.signal.aborted && begun < mostChats) {
      begun += 1;
      const chat = await newChat(place);
      if (!chat) return;
      const dice = createSeededRandom(seed, `speaker ${place} ${begun}`);
      const how = await speak({ client, book, dice, signal: talking.signal }, chat);
      if (how === 'waits too long') abandoned.push(chat.id);
    }
  }

  const speaking = Array.from({ length: places }, (_, place) => fill(place));
  const sweeping = sweep(pool, book, looking.signal);
  return {
    viewers,
    chats,
    abandoned,
    async quiet() {
      talking.abort();
      await Promise.all(speaking);
    },
    async close() {
      talking.abort();
      looking.abort();
      for (const viewer of viewers) viewer.close();
      await Promise.all([...speaking, sweeping]);
    },
  };
}

/** Learns of ends from Postgres too: a viewer that is cut off must not hold up who speaks. */
async function sweep(pool: Pool, book: Book, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    const open = book.open().map(({ turnId }) => turnId);
    if (open.length === 0) continue;
    try {
      const { rows } = await pool.query<{ id: string }>(
        "select id from turns where id = any($1) and status in ('completed', 'cancelled', 'failed')",
        [open],
      );
      for (const { id } of rows) book.end(id);
    } catch {
      // Postgres is the fault just now.
    }
  }
}
