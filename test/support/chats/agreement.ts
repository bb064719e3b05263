import { expect } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import type { ChatEvent } from '../../../domain/log/events.js';
import type { Service } from '../service/service.js';
import { until } from '../until.js';
import type { FollowingViewer } from '../viewers/followingViewer.js';

type Checked = { turn: Turn; events: ChatEvent[]; text: string };

/**
 * What must hold of a turn that has ended, whatever died on the way: viewer, log and resource have the same text,
 * once; the log has no gap; the projections are what the log folds to; the floor is free.
 */
export async function expectAgreement(
  service: Service,
  viewer: FollowingViewer,
  turnId: string,
  options: { floorIsFree?: boolean } = {},
): Promise<Checked> {
  const { client } = service;
  const turn = await client.awaitTurnEnd(turnId);
  await viewer.untilEnd(turnId);
  const events = await client.events(turn.chatId, { includeHidden: true });
  expectDenseLog(events);

  const replies = events.filter((event) => event.kind === 'assistant_turn' && event.turnId === turnId);
  expect(replies).toHaveLength(turn.beats.filter((beat) => beat.seq !== undefined).length);
  const texts = replies.map((event) => (event.data as { text: string }).text);
  expect(turn.beats.filter((beat) => beat.seq !== undefined).map((beat) => beat.text)).toEqual(texts);
  expect(texts.map((_, beat) => viewer.text(turnId, beat))).toEqual(texts);
  expect(viewer.violations).toEqual([]);

  const ends = events.filter((event) => event.kind === 'turn_completed' && event.turnId === turnId);
  expect(ends.map((event) => (event.data as { status: string }).status)).toEqual([turn.status]);
  await expectProjectionsToFold(service, turn.chatId);
  if (options.floorIsFree ?? true) expect((await client.getChat(turn.chatId)).activeTurnId).toBeNull();
  return { turn, events, text: texts[0] ?? '' };
}

/** `seq` runs from 1 without a gap, and no key of an effect occurs twice. */
export function expectDenseLog(events: ChatEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
}

export async function expectProjectionsToFold(service: Service, chatId: string): Promise<void> {
  const { databaseUrl } = await service.run();
  const pool = createPool(databaseUrl, { max: 2, pooled: true });
  try {
    await until('the log stands still while its projections are compared', () => compareProjections(pool, chatId));
  } finally {
    await pool.end();
  }
}

/** Null when the log grew meanwhile: then the two were not of the same log. */
async function compareProjections(pool: Pool, chatId: string): Promise<true | null> {
  const seq = async () => (await pool.query('select seq from chats where id = $1', [chatId])).rows[0]?.seq;
  const [seqBefore, before] = [await seq(), await readProjections(pool, chatId)];
  await rebuildProjections(pool, chatId);
  const [after, seqAfter] = [await readProjections(pool, chatId), await seq()];
  if (seqBefore !== seqAfter) return null;
  expect(after).toEqual(before);
  return true;
}

/** The chat takes another turn, and it runs to its end. */
export async function expectFollowingTurnToRun(service: Service, chatId: string): Promise<void> {
  const next = await service.client.postTurn(chatId, 'And then?');
  const ended = await service.client.awaitTurnEnd(next.id);
  expect(ended.status).toBe('completed');
}
