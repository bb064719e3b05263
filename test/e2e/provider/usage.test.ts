import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Chat } from '../../../client/src/index.js';
import type { TokenUsage } from '../../../domain/turns/turn.js';
import type { DocumentResource } from '../../support/chats/documents.js';
import { type NarrativeWorld, type Played, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { someUsage, whole } from '../../support/provider/scriptedReply.js';
import { until } from '../../support/until.js';

let world: NarrativeWorld;
let other: ScriptedProvider;
beforeAll(async () => {
  other = await startScriptedProvider();
  world = await startNarrativeWorld({
    FALLBACK_BASE_URL: other.baseUrl,
    FALLBACK_MODEL: 'other-model',
    REPLY_ATTEMPTS: '2',
  });
}, 180_000);
afterAll(async () => {
  await world?.dispose();
  await other?.close();
}, 60_000);
afterEach(() => {
  world.provider.unscript();
  other.unscript();
  other.requests.length = 0;
});

const { prompt_tokens: prompt, completion_tokens: completion } = someUsage;

/** A chat whose turns ask for nothing but a reply. */
async function newThread(): Promise<Chat> {
  const { send } = world.service().client;
  const { body: document } = await send<DocumentResource>('POST', '/v1/documents', { title: 'T', body: 'B' });
  return (await send<Chat>('POST', '/v1/chats', { kind: 'document', documentId: document.id })).body;
}

/** The turn's usage, which is the same wherever it stands. */
async function usageOf({ turn, events }: Played): Promise<TokenUsage> {
  const completed = events.flatMap((event) => (event.kind === 'turn_completed' ? [event.data] : []));
  expect(completed).toMatchObject([{ usage: turn.usage, tokenUsage: turn.usage }]);
  const messages = await world.list(`/v1/chats/${turn.chatId}/messages`);
  expect(messages.at(-1)?.tokenUsage).toEqual(turn.usage);
  return turn.usage!;
}

/** Waits until what a lost attempt has received is in Postgres. */
async function untilCheckpointed(turnId: string): Promise<void> {
  const { databaseUrl } = await world.service().run();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await until('the checkpoint', async () => {
      const { rows } = await client.query('select 1 from model_calls where turn_id = $1 and completion_tokens > 0', [
        turnId,
      ]);
      return rows[0] ?? null;
    });
  } finally {
    await client.end();
  }
}

describe("a turn's usage", () => {
  test('counts an attempt that was lost with its worker as estimated and wasted', async () => {
    const chat = await newThread();
    world.provider.script({ steps: [{ text: 'Half of the way, ' }, { text: 'and no further.' }] }, whole('All of it.'));
    const { client } = world.service();
    const turn = await client.postTurn(chat.id, 'Go.');
    await untilCheckpointed(turn.id);
    const dead = await world.service().kill('worker', 'SIGKILL');
    await world.service().waitForRestart('worker', dead);
    const played = await world.ended(turn.id);
    expect(played.calls).toHaveLength(2);
    const usage = await usageOf(played);
    expect(usage).toMatchObject({
      llmCallCount: 2,
      certainty: 'estimated',
      wasted: { calls: 1, promptTokens: prompt },
    });
    expect(usage.wasted?.completionTokens).toBeGreaterThan(0);
    expect(usage.completionTokens).toBe(completion + (usage.wasted?.completionTokens ?? 0));
    expect(usage.promptTokens).toBe(2 * prompt);
  }, 120_000);

  test('counts attempts that broke off, and those before the fallback was asked', async () => {
    const chat = await newThread();
    world.provider.script({ steps: [{ text: 'Lost, all of it.' }, { reset: true }] }, { status: 500 });
    other.script(() => whole('Found.'));
    const played = await world.play(chat.id);
    expect(await usageOf(played)).toMatchObject({
      llmCallCount: 3,
      certainty: 'estimated',
      wasted: { calls: 2, promptTokens: expect.any(Number), completionTokens: expect.any(Number) },
    });
    expect(played.turn.usage?.wasted?.completionTokens).toBeGreaterThan(0);
  }, 60_000);

  test('counts classifier calls, and those without a result as wasted', async () => {
    const { chat } = await world.newChat({ guest: null, container: null });
    let scored = 0;
    world.provider.classify(({ name }) =>
      name === 'significance' && scored++ === 0 ? { json: { score: 9 } } : undefined,
    );
    const played = await world.play(chat.id);
    expect(await usageOf(played)).toMatchObject({
      llmCallCount: played.calls.length,
      promptTokens: played.calls.length * prompt,
      certainty: 'exact',
      wasted: { calls: 1, promptTokens: prompt, completionTokens: completion },
    });
    expect(played.turn.usage?.modelId).toBe('gpt-4.1');
  }, 60_000);

  test('counts the iterations of an agent and of its sub-agents, including failed ones', async () => {
    const wish = { kind: 'agent', enabledTools: ['calculate', 'delegate'] };
    const { body: chat } = await world.service().client.send<Chat>('POST', '/v1/chats', wish);
    let broken = 0;
    world.provider.script(({ body }) => {
      const asked = body.messages.map(({ content }) => String(content)).join(' ');
      const answered = body.messages.some(({ role }) => role === 'tool');
      if (!asked.includes('Count for me'))
        return answered ? whole('It is 9.') : asking([tool('outer', 'delegate', { task: 'Count for me' })]);
      return broken++ === 0 ? { steps: [{ text: 'I count, ' }, { reset: true }] } : whole('9.');
    });
    const played = await world.play(chat.id, 'Go.');
    const usage = await usageOf(played);
    expect(usage).toMatchObject({ llmCallCount: 4, toolCallCount: 1, certainty: 'estimated', wasted: { calls: 1 } });
    const { promptTokens, completionTokens } = usage.wasted!;
    expect([promptTokens > 0, completionTokens]).toEqual([true, Math.ceil('I count, '.length / 4)]);
    const ended = played.events.flatMap((event) => (event.kind === 'subagent_task_end' ? [event.data] : []));
    expect(ended).toMatchObject([{ llmCallCount: 2, promptTokens: prompt + promptTokens }]);
  }, 60_000);
});
