import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import type { DocumentResource } from '../../support/chats/documents.js';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';

let world: NarrativeWorld;
let other: ScriptedProvider;
beforeAll(async () => {
  other = await startScriptedProvider();
  world = await startNarrativeWorld({
    PROVIDER_CONTINUATION: 'vllm',
    FALLBACK_BASE_URL: other.baseUrl,
    FALLBACK_API_KEY: 'sk-other',
    FALLBACK_MODEL: 'other-model',
    REPLY_ATTEMPTS: '2',
    PROVIDER_ENCRYPTION_KEY: 'b'.repeat(64),
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

async function newThread() {
  const { send } = world.service().client;
  const { body: document } = await send<DocumentResource>('POST', '/v1/documents', { title: 'T', body: 'B' });
  return (await send<Chat>('POST', '/v1/chats', { kind: 'document', documentId: document.id })).body;
}

describe('a reply that breaks off', () => {
  test('continues from its text where the server can, in a new draft that begins with that text', async () => {
    const chat = await newThread();
    const viewer = world.watch(chat.id);
    world.provider.script({ steps: [{ text: 'Half of ' }, { text: 'it, ' }, { reset: true }] }, whole('and the rest.'));
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({
      status: 'completed',
      beats: [{ text: 'Half of it, and the rest.', epoch: 2 }],
    });
    const again = played.calls[1]?.call.body as unknown as Record<string, unknown> & { messages: object[] };
    expect(again).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
    expect(again.messages.at(-1)).toEqual({ role: 'assistant', content: 'Half of it, ' });
    expect(played.calls[0]?.call.body).not.toHaveProperty('continue_final_message');
    await viewer.untilEnd(played.turn.id);
    const restart = viewer.frames.findIndex(({ type }) => type === 'restart');
    expect(viewer.frames[restart]).toMatchObject({ epoch: 2, reason: 'provider_failed' });
    expect(viewer.frames[restart + 1]).toMatchObject({
      type: 'token',
      epoch: 2,
      offset: 0,
      text: expect.stringMatching(/^Half of it, /),
    });
    expect([viewer.text(played.turn.id), viewer.violations]).toEqual(['Half of it, and the rest.', []]);
  }, 60_000);

  test('is continued on request as the beginning of a new version, where the server continues messages', async () => {
    const chat = await newThread();
    world.provider.script({ steps: [{ text: 'Half of' }, ...ending('length')] });
    const { turn } = await world.play(chat.id);
    world.provider.script(whole(' it, and the rest.'));
    const { body } = await world
      .service()
      .client.send<{ turn: { id: string } }>('POST', `/v1/turns/${turn.id}/continue`);
    const next = await world.ended(body.turn.id);
    expect(next.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Half of it, and the rest.' }] });
    const asked = next.calls[0]?.call.body as unknown as Record<string, unknown> & { messages: object[] };
    expect(asked).toMatchObject({ continue_final_message: true });
    expect(asked.messages.at(-1)).toEqual({ role: 'assistant', content: 'Half of' });
  }, 60_000);

  test('is not continued from its text where tools are offered', async () => {
    const { body: chat } = await world.service().client.send<Chat>('POST', '/v1/chats', { kind: 'agent' });
    world.provider.script(
      asking([tool('a', 'calculate', { expression: '1+1' })]),
      { steps: [{ text: 'Half' }, { reset: true }] },
      whole('Whole.'),
    );
    const played = await world.play(chat.id);
    expect(played.turn.beats[0]?.text).toBe('Whole.');
    expect(played.calls.some(({ call }) => 'continue_final_message' in call.body)).toBe(false);
  }, 60_000);
});

describe('when the attempts of a reply run out', () => {
  test('before any token, the fallback provider is asked with its own model', async () => {
    const chat = await newThread();
    const viewer = world.watch(chat.id);
    world.provider.script(() => ({ status: 500 }));
    other.script(() => whole('From the other.'));
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'From the other.' }] });
    expect(played.calls).toHaveLength(2);
    expect(other.requests.map(({ body }) => body.model)).toEqual(['other-model']);
    expect(other.requests[0]?.headers.authorization).toBe('Bearer sk-other');
    await viewer.untilEnd(played.turn.id);
    expect(viewer.frames.filter(({ type }) => type === 'restart')).toEqual([]);
  }, 60_000);

  test('after some tokens or by a final failure, the fallback provider begins a new draft', async () => {
    const chat = await newThread();
    const viewer = world.watch(chat.id);
    world.provider.script({ steps: [{ text: 'Lost' }, { reset: true }] }, { status: 401 });
    other.script(() => whole('Found.'));
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Found.', epoch: 2 }] });
    await viewer.untilEnd(played.turn.id);
    expect([viewer.violations, viewer.frames.filter(({ type }) => type === 'restart')]).toMatchObject([
      [],
      [{ epoch: 2, reason: 'provider_changed' }],
    ]);
  }, 60_000);

  test('at both providers, the turn fails with the code of the fallback', async () => {
    const chat = await newThread();
    world.provider.script(() => ({ status: 500 }));
    other.script(() => ({ status: 429, headers: { 'retry-after': '0' } }));
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'failed', error: { code: 'provider_rate_limited' } });
    expect([played.calls.length, other.requests.length]).toEqual([2, 2]);
  }, 60_000);

  test('at the provider that a chat has chosen, the fallback of that provider is asked', async () => {
    const { send } = world.service().client;
    const provider = async (fields: object) =>
      (await send<{ id: string }>('POST', '/v1/providers', { name: 'p', apiKey: 'k', defaultModel: 'm1', ...fields }))
        .body.id;
    const fallbackId = await provider({ baseUrl: other.baseUrl, defaultModel: 'm2' });
    const providerId = await provider({ baseUrl: 'http://127.0.0.1:9/v1', fallbackId });
    const { body: chat } = await send<Chat>('POST', '/v1/chats', { kind: 'agent', providerId });
    other.script(() => whole('Here.'));
    const played = await world.play(chat.id);
    expect(played.turn.beats[0]?.text).toBe('Here.');
    expect(other.requests.map(({ body }) => body.model)).toEqual(['m2']);
    const unknown = await send('POST', '/v1/providers', {
      name: 'p',
      apiKey: 'k',
      defaultModel: 'm',
      baseUrl: 'http://x',
      fallbackId: 'prv_no',
    });
    expect(unknown.status).toBe(404);
  }, 60_000);
});

describe('the usage of a turn', () => {
  test.each([
    ['exact where the provider says it', whole('All of it.'), 'exact', true],
    [
      'estimated where it does not',
      { steps: [{ text: 'All of it.' }, { finish: 'stop' }, { done: true as const }] },
      'estimated',
      true,
    ],
  ])(
    'is %s',
    async (_, reply, certainty) => {
      const chat = await newThread();
      world.provider.script(reply);
      const { usage } = (await world.play(chat.id)).turn;
      expect(usage).toMatchObject({ certainty, llmCallCount: 1 });
      expect(usage?.promptTokens).toBeGreaterThan(0);
      expect(usage?.completionTokens).toBeGreaterThan(0);
    },
    60_000,
  );

  test('is estimated for a reply that was stopped, and unknown for one that broke before its first token', async () => {
    const chat = await newThread();
    world.provider.script({ steps: [{ text: 'Half of it, and ' }] });
    const { client } = world.service();
    const viewer = world.watch(chat.id);
    const turn = await client.postTurn(chat.id, 'Go.');
    await viewer.untilText(turn.id, 5);
    await client.cancelTurn(turn.id);
    expect((await world.ended(turn.id)).turn.usage).toMatchObject({
      certainty: 'estimated',
      completionTokens: expect.any(Number),
    });
    world.provider.script(() => ({ status: 401 }));
    other.script(() => ({ status: 401 }));
    expect((await world.play(chat.id)).turn.usage).toMatchObject({ certainty: 'unknown' });
  }, 60_000);
});
