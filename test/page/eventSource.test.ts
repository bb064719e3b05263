import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { type ScriptedService, startScriptedService } from '../support/service/scriptedService.js';
import { until } from '../support/until.js';

let world: ScriptedService;
let viewers: Viewers;
beforeAll(async () => {
  viewers = await startViewers();
  world = await startScriptedService({}, { ownServers: true });
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
}, 60_000);
afterEach(() => viewers.closeAll());

type Seen = { readyState: number; seqs: number[]; opens: number; errors: number };

/** The browser's own `EventSource` on a chat, with nothing of ours around it. */
async function follow(chatId: string): Promise<{ page: Page; seen(): Promise<Seen> }> {
  const { page } = await viewers.open(world.service.api, null);
  await page.evaluate(`(() => {
    const source = new EventSource('/v1/chats/${chatId}/events');
    const seen = { seqs: [], opens: 0, errors: 0 };
    source.onopen = () => { seen.opens += 1; };
    source.onerror = () => { seen.errors += 1; };
    source.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === 'event') seen.seqs.push(frame.seq);
    };
    globalThis.followed = { source, seen };
  })()`);
  const seen = () => page.evaluate<Seen>('({ readyState: followed.source.readyState, ...followed.seen })');
  return { page, seen };
}

const upTo = (newest: number) => Array.from({ length: newest }, (_, n) => n + 1);

/** Until the stream is open and has brought all events of the chat. */
async function untilWhole(chatId: string, seen: () => Promise<Seen>, withinMs: number): Promise<void> {
  const { seq } = await world.service.client.getChat(chatId);
  const isWhole = async () => {
    const { readyState, seqs } = await seen();
    return (readyState === 1 && seqs.length >= seq) || null;
  };
  await until('all events are there', isWhole, withinMs);
  expect((await seen()).seqs).toEqual(upTo(seq));
}

async function untilStatus(status: number): Promise<void> {
  const answers = async () => {
    const answer = await fetch(`${world.service.api}/v1/chats`, { signal: AbortSignal.timeout(30_000) }).catch(
      () => null,
    );
    return answer?.status === status || null;
  };
  await until(`the api answers ${status}`, answers, 60_000);
}

describe("a browser's EventSource", () => {
  test('gets every event once when the api is killed while Postgres is frozen', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const { seen } = await follow(chat.id);
    await untilWhole(chat.id, seen, 20_000);
    await world.service.kill('postgres', 'SIGSTOP');
    try {
      const before = await world.service.kill('api', 'SIGKILL');
      await world.service.waitForRestart('api', before, 60_000);
      await untilStatus(503);
      const refused = async () => (await seen()).errors > 1 || null;
      await until('the stream has ended more than once', refused, 30_000);
      expect((await seen()).readyState).not.toBe(2);
    } finally {
      await world.service.kill('postgres', 'SIGCONT');
    }
    await untilStatus(200);
    const turn = await client.postTurn(chat.id, 'Is anybody there?');
    await client.awaitTurnEnd(turn.id, 60_000);
    await untilWhole(chat.id, seen, 10_000);
  }, 180_000);

  test('gets every event once when the api is stopped with SIGTERM', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const { seen } = await follow(chat.id);
    await untilWhole(chat.id, seen, 20_000);
    const before = await world.service.kill('api', 'SIGTERM');
    await world.service.waitForRestart('api', before, 60_000);
    const turn = await client.postTurn(chat.id, 'Is anybody there?');
    await client.awaitTurnEnd(turn.id, 60_000);
    await untilWhole(chat.id, seen, 10_000);
    expect((await seen()).opens).toBe(2);
  }, 120_000);
});
