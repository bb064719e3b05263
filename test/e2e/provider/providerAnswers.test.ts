import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { everyFieldOf, everyOption } from '../../support/chats/everyOption.js';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { ending, type Reply, whole } from '../../support/provider/scriptedReply.js';
import { fetchHistory, readableHistory } from '../../support/temporal/engine.js';

let world: NarrativeWorld;
let other: ScriptedProvider;
beforeAll(async () => {
  other = await startScriptedProvider();
  world = await startNarrativeWorld({ FALLBACK_BASE_URL: other.baseUrl, FALLBACK_MODEL: 'other-model' });
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

const quota = { message: 'You exceeded your quota, canary.', type: 'insufficient_quota', code: 'insufficient_quota' };
const outOfQuota: Reply = { status: 429, headers: { 'x-request-id': 'req_quota' }, body: { error: quota } };
const tooLong: Reply = {
  status: 400,
  body: { error: { code: 'context_length_exceeded', param: 'messages', message: 'canary' } },
};
const page: Reply = { status: 200, body: '<!doctype html><h1>Welcome, canary</h1>' };

describe('a provider whose answer is final', () => {
  test.each([
    ['a used up quota', outOfQuota, 'provider_quota', { status: 429, requestId: 'req_quota' }, /account/],
    ['a prompt that is too long', tooLong, 'context_too_long', { status: 400, param: 'messages' }, /context window/],
    ['a page', page, 'provider_not_an_api', { status: 200 }, /OPENAI_BASE_URL/],
  ])(
    'for %s is asked once before the fallback, and its codes are in the error',
    async (_, reply, code, detail, words) => {
      const { chat } = await world.newChat({ guest: null, container: null });
      world.provider.script(() => reply);
      other.script(() => reply);
      const played = await world.play(chat.id);
      expect(played.turn).toMatchObject({
        status: 'failed',
        error: { code, detail, message: expect.stringMatching(words) },
      });
      const replies = played.calls.filter(({ step }) => step === 'reply:0');
      expect([replies.length, other.requests.length]).toEqual([1, 1]);
      const errors = played.events.flatMap(({ data }) => ('error' in data ? [data.error] : []));
      expect(errors).toEqual([played.turn.error, played.turn.error]);
      expect(played.turn.steps.find(({ name }) => name === 'reply:0')).toMatchObject({ status: 'done' });
      const history = readableHistory(await fetchHistory(world.service(), played.turn.id));
      expect(JSON.stringify(played.events) + history).not.toContain('canary');
      expect(history).not.toContain('req_quota');
    },
    60_000,
  );

  test('to a classifier makes its step stuck after one attempt, with the codes of the provider', async () => {
    const { chat } = await world.newChat({ guest: null, container: null });
    world.provider.classify(({ name }) => (name === 'significance' ? outOfQuota : undefined));
    const { id } = await world.service().client.postTurn(chat.id, 'Hello.');
    const turn = await world.awaitingOperator(id);
    expect(turn.steps.find(({ name }) => name === 'significance:0')).toMatchObject({
      status: 'stuck',
      attempts: 1,
      error: { code: 'provider_quota', detail: { status: 429, code: 'insufficient_quota' } },
    });
    const stuck = await world.service().client.events(chat.id);
    expect(stuck).toContainEqual(
      expect.objectContaining({
        kind: 'step_stuck',
        data: expect.objectContaining({
          error: expect.objectContaining({ detail: expect.objectContaining({ status: 429 }) }),
        }),
      }),
    );
  }, 60_000);
});

test('a reply of thinking alone is retried, and fails with its own code when the attempts run out', async () => {
  const { chat } = await world.newChat({ guest: null, container: null });
  world.provider.script({ steps: [{ thinking: 'Hm.' }, ...ending()] }, whole('Yes.'));
  const played = await world.play(chat.id);
  expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Yes.', attempt: 2 }] });
  expect(played.turn.usage).toMatchObject({ certainty: 'exact', wasted: { calls: 1 } });
  world.provider.script(() => ({ steps: [{ thinking: 'Hm.' }, ...ending()] }));
  other.script(() => ({ steps: [{ thinking: 'Hm.' }, ...ending()] }));
  expect((await world.play(chat.id)).turn).toMatchObject({ status: 'failed', error: { code: 'thought_only' } });
}, 120_000);

describe('the options of turns that are settings of a chat', () => {
  const sent = everyFieldOf('chat');
  const bodyOf = (turnId: string) =>
    world.provider.requests.find(({ requestId }) => requestId === `${turnId}/reply:0/1`)?.body as unknown as object;

  test('reach the provider in its own words from the next turn on, in each kind of chat that a model answers', async () => {
    const { client } = world.service();
    const { chat } = await world.newChat({ guest: null, container: null });
    const { body: agent } = await client.send<{ id: string }>('POST', '/v1/chats', { kind: 'agent', enabledTools: [] });
    for (const { id } of [chat, agent]) {
      const before = await world.play(id);
      const changed = await client.send('PATCH', `/v1/chats/${id}`, everyOption);
      expect(changed).toMatchObject({ status: 200, body: { settings: everyOption } });
      const after = await world.play(id);
      for (const name of Object.keys(sent)) expect(bodyOf(before.turn.id)).not.toHaveProperty(name);
      expect(bodyOf(after.turn.id)).toMatchObject(sent);
      const turn = await client.postTurn(id, 'Hello.', { maxTokens: 7 });
      await world.ended(turn.id);
      expect(bodyOf(turn.id)).toMatchObject({ ...sent, max_tokens: 7 });
      const log = await client.events(id);
      expect(log.find(({ kind }) => kind === 'chat_settings_changed')?.data).toEqual(everyOption);
    }
  }, 60_000);

  test('can be given with a new chat, have bounds, and are none of a relay chat or of what only agents have', async () => {
    const { client } = world.service();
    const { chat, hostId } = await world.newChat({ guest: null });
    const { body: made } = await client.send<{ settings: object }>('POST', '/v1/chats', {
      kind: 'narrative',
      hostId,
      ...everyOption,
    });
    expect(made.settings).toEqual(everyOption);
    const refused = (body: object) => client.send('PATCH', `/v1/chats/${chat.id}`, body);
    for (const body of [{ topP: 1.1 }, { presencePenalty: 3 }, { stop: ['a', 'b', 'c', 'd', 'e'] }, { maxTokens: 0 }]) {
      expect(await refused(body)).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    }
    expect(await refused({ model: 'other' })).toMatchObject({ status: 409, body: { code: 'not_agent' } });
  }, 60_000);
});

describe('the options of a turn', () => {
  test('reach the provider, again with a regeneration, and no other turn of the chat', async () => {
    const { chat } = await world.newChat({ guest: null, container: null });
    const { client } = world.service();
    const first = await client.postTurn(chat.id, 'Hello.', everyOption);
    await world.ended(first.id);
    const again = await client.send<{ turn: { id: string } }>('POST', `/v1/turns/${first.id}/regenerate`, {});
    await world.ended(again.body.turn.id);
    const next = await client.postTurn(chat.id, 'And again.');
    await world.ended(next.id);

    const sent = everyFieldOf('chat');
    const asked = (turnId: string) =>
      world.provider.requests
        .filter(({ requestId }) => requestId === `${turnId}/reply:0/1`)
        .map(({ body }) => Object.fromEntries(Object.entries(body).filter(([name]) => name in sent)));
    expect([asked(first.id), asked(again.body.turn.id), asked(next.id)]).toEqual([[sent], [sent], [{}]]);
    const refused = await client.send('POST', `/v1/chats/${chat.id}/turns`, { text: 'x', temperature: 3 });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
  }, 60_000);
});
