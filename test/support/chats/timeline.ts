import { expect } from '@jest/globals';
import { newId } from '../../../db/core/ids.js';
import { type Pool, transaction } from '../../../db/core/pool.js';
import { writeCheckpoints } from '../../../db/streaming/checkpoints.js';
import { closeReply, landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease, beginEpoch } from '../../../db/streaming/leases.js';
import { appendEvents, lockChat, readEvents } from '../../../db/timeline/log.js';
import { findMessage, parseMessageId, readMessages } from '../../../db/timeline/messages.js';
import { type ProjectionRows, readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { claimRegeneration } from '../../../db/timeline/versions/regenerate.js';
import { finishTurn } from '../../../db/turns/finish.js';
import type { ChatEvent, NewEvent } from '../../../domain/log/events.js';
import type { Message } from '../../../domain/timeline/message.js';
import { foldTranscript } from '../../../domain/timeline/transcript.js';
import { claim, owner } from './chats.js';

const model = 'test';

/** A chat's turns as a worker and its activities write them, without either: every step by hand, on the real log. */
export function tellStory(pool: Pool, { chatId, hostId }: { chatId: string; hostId: string }) {
  const open = async (turnId: string) => {
    const draft = await acquireReplyLease(pool, { turnId, beat: 0 }, { speakerId: hostId });
    if (draft.state !== 'held') throw new Error(`the draft is ${draft.state}`);
    return draft;
  };

  /** As a step of the turn, or of none, would. */
  const append = (turnId: string | null, step: string, ...events: NewEvent[]) =>
    transaction(pool, async (tx) => {
      await lockChat(tx, chatId);
      return appendEvents(tx, { chatId, turnId, step }, events);
    });

  async function land(turnId: string, text: string) {
    const { fence } = await open(turnId);
    return landReply(pool, { turnId, beat: 0 }, fence, { text, truncated: false, model });
  }

  /** What two classifiers found of the beat: each feels differently, and the host remembers. */
  async function followUp(turnId: string, delta: number) {
    const memoryId = newId('mem');
    const at = new Date().toISOString();
    const edge = (sourceId: string, targetId: string): NewEvent => ({
      kind: 'edge_update',
      data: {
        sourceId,
        targetId,
        affinityDelta: delta,
        trustDelta: -delta,
        knowledgeFacts: [`fact ${delta}`],
        lastInteractionAt: at,
      },
    });
    const memory = { memoryId, witnessId: hostId, text: 'm', sceneId: null, witnesses: [hostId], chatClock: 1 };
    const { rows } = await pool.query('select user_turn_seq as seq from turns where id = $1', [turnId]);
    await append(turnId, `state_update:${hostId}>you:0`, edge(hostId, 'you'));
    await append(turnId, `state_update:you>${hostId}:0`, edge('you', hostId));
    await append(turnId, 'memory:0', { kind: 'memory_written', data: { ...memory, chatClock: rows[0].seq } });
    await append(turnId, 'significance:0', {
      kind: 'memory_scored',
      data: { memoryId, significance: Math.abs(delta) % 4 },
    });
  }

  const finish = (turnId: string, status: 'completed' | 'failed' | 'cancelled' = 'completed') =>
    finishTurn(pool, turnId, { status });

  async function answer(turnId: string, text: string, delta: number) {
    await land(turnId, text);
    await followUp(turnId, delta);
    await finish(turnId);
    return turnId;
  }

  const regenerate = async (turnId: string, text?: string) =>
    (await claimRegeneration(pool, { turnId, owner, text, requestHash: 'same' })).turn.id;

  return {
    chatId,
    hostId,
    append,
    land,
    followUp,
    finish,
    regenerate,
    /** A turn from its user's words to its end. */
    say: async (text: string, reply: string, delta = 5) =>
      answer((await claim(pool, chatId, { text })).turn.id, reply, delta),
    /** A turn that is stopped, with what had arrived kept; with '' nothing had. */
    async sayAndStop(text: string, partial: string): Promise<string> {
      const { turn } = await claim(pool, chatId, { text });
      const key = { turnId: turn.id, beat: 0 };
      const { fence } = await open(turn.id);
      await beginEpoch(pool, key, fence, 1);
      await writeCheckpoints(pool, [{ ...key, fence, epoch: 1, channel: 'text', offset: 0, text: partial }]);
      await closeReply(pool, key, { model });
      await finish(turn.id, 'cancelled');
      return turn.id;
    },
    /** A regeneration of the last reply, from its claim to its end. */
    sayAgain: async (turnId: string, reply: string, { text, delta = 7 }: { text?: string; delta?: number } = {}) =>
      answer(await regenerate(turnId, text), reply, delta),
    /** A turn whose step is stuck: it waits for an operator, and the floor is free. */
    async getStuck(turnId: string, step: string): Promise<void> {
      await append(turnId, `stuck:${step}`, {
        kind: 'step_stuck',
        data: { step, error: { code: 'internal', message: '' } },
      });
      await pool.query("insert into turn_steps (turn_id, name, status) values ($1, $2, 'stuck')", [turnId, step]);
      await pool.query("update turns set status = 'awaiting_operator' where id = $1", [turnId]);
      await pool.query('update chats set active_turn_id = null where id = $1', [chatId]);
    },
    log: () => readEvents(pool, chatId, { after: 0, limit: 10_000, includeHidden: true }),
    timeline: () => readTimeline(pool, chatId),
    spoken: async () => (await readTranscript(pool, chatId)).map((message) => message.content),
    projections: () => readProjections(pool, chatId),
  };
}

/** All of the chat's timeline, oldest first. */
async function readTimeline(pool: Pool, chatId: string): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for (;;) {
    const page = await readEvents(pool, chatId, { after: events.at(-1)?.seq ?? 0, limit: 1_000 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** The whole transcript, which is the same when it is read by pages of any size, in either order. */
export async function readTranscript(pool: Pool, chatId: string, limits = [1, 1_000]): Promise<Message[]> {
  const whole = foldTranscript(await readTimeline(pool, chatId));
  for (const limit of limits) {
    expect(await readByPages(pool, chatId, limit, 'asc')).toEqual(whole);
    expect(await readByPages(pool, chatId, limit, 'desc')).toEqual(whole.toReversed());
  }
  return whole;
}

async function readByPages(pool: Pool, chatId: string, limit: number, order: 'asc' | 'desc'): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const id = all.length === 0 ? null : parseMessageId(all.at(-1)!.id);
    const after = id && (await findMessage(pool, chatId, id));
    const page: Message[] = [];
    for await (const messages of readMessages(pool, chatId, { after, limit, order })) page.push(...messages);
    if (page.length === 0) return all;
    all.push(...page.slice(0, limit));
  }
}

export type Story = ReturnType<typeof tellStory>;

/** The log has no gap, and the projections are what it folds to. */
export async function expectFolded(pool: Pool, story: Pick<Story, 'chatId' | 'log' | 'projections'>): Promise<void> {
  const log = await story.log();
  expect(log.map((event) => event.seq)).toEqual(log.map((_, i) => i + 1));
  const before = await story.projections();
  await rebuildProjections(pool, story.chatId);
  expect(await story.projections()).toEqual(before);
}

/** The chat's memory of itself, without what tells one chat's rows from another's. */
export function withoutChat(projections: ProjectionRows, ...columns: string[]): ProjectionRows {
  const left = new Set(['chat_id', ...columns]);
  const strip = (row: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !left.has(key)));
  return Object.fromEntries(Object.entries(projections).map(([table, rows]) => [table, rows.map(strip)]));
}
