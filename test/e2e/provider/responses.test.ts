import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import type { DocumentResource } from '../../support/chats/documents.js';
import {
  type KeptResponse,
  type ScriptedResponses,
  startScriptedResponses,
} from '../../support/provider/scriptedResponses.js';
import { type Service, startService } from '../../support/service/service.js';
import { until } from '../../support/until.js';
import { type FollowingViewer, openFollowingViewer } from '../../support/viewers/followingViewer.js';

let provider: ScriptedResponses;
let service: Service;
const viewers: FollowingViewer[] = [];
beforeAll(async () => {
  provider = await startScriptedResponses();
  service = await startService({
    env: {
      OPENAI_BASE_URL: provider.baseUrl,
      OPENAI_API_KEY: 'sk',
      PROVIDER_API: 'responses',
      STUCK_RETRY_INITIAL_MS: '50',
    },
  });
}, 180_000);
afterAll(async () => {
  for (const viewer of viewers) viewer.close();
  await provider?.close();
  await service?.dispose();
}, 60_000);

const tokens = (count: number) =>
  Array.from({ length: count }, (_, n) => `${n}-${String.fromCodePoint(0x1f600 + (n % 40))} `);

/** A chat whose turns have nothing but a reply, and one that follows it. */
async function newChat() {
  const { send } = service.client;
  const { body: document } = await send<DocumentResource>('POST', '/v1/documents', { title: 'T', body: 'B' });
  const { body: chat } = await send<Chat>('POST', '/v1/chats', { kind: 'document', documentId: document.id });
  const viewer = openFollowingViewer(service.api, chat.id);
  viewers.push(viewer);
  return { chat, viewer };
}

async function begin() {
  const { chat, viewer } = await newChat();
  const turn = await service.client.postTurn(chat.id, 'Go.');
  const response = await until('the response', async () => provider.next(`${turn.id}/`) ?? null);
  return { chat, viewer, turn, response };
}
type Begun = Awaited<ReturnType<typeof begin>>;

const creationsOf = (turnId: string) =>
  provider.responses.filter(({ requestId }) => requestId.startsWith(`${turnId}/`));
const restarts = (viewer: FollowingViewer) => viewer.frames.filter(({ type }) => type === 'restart').length;

/** The provider made each token once, and everybody has them all, once. */
async function expectWhole({ viewer, turn, response }: Begun) {
  const ended = await service.client.awaitTurnEnd(turn.id);
  await viewer.untilEnd(turn.id);
  const text = response.tokens.join('');
  expect(ended).toMatchObject({
    status: 'completed',
    beats: [{ text, truncated: false }],
    usage: { certainty: 'exact' },
  });
  expect([viewer.text(turn.id), viewer.violations, restarts(viewer)]).toEqual([text, [], 0]);
  expect(creationsOf(turn.id)).toHaveLength(1);
}

async function killWorker() {
  const dead = await service.kill('worker', 'SIGKILL');
  await service.waitForRestart('worker', dead);
}

/** Sends the tokens one by one, also without a listener. */
async function dictate(response: KeptResponse, said: string[], everyMs: number) {
  for (const token of said) {
    response.say(token);
    await delay(everyMs);
  }
}

describe('a reply over the Responses API', () => {
  test('is requested in background mode, and resumed by another worker when its own is killed', async () => {
    // Ten replies at once, each at a token of its own, five times: fifty places to be killed at.
    const begun = await Promise.all(Array.from({ length: 10 }, begin));
    expect(begun[0]?.response.body).toMatchObject({ background: true, stream: true, store: true });
    const dictating = begun.map(({ response }, n) => dictate(response, tokens(400 + 37 * n), 60 + n * 3));
    const killedAt = new Set<number>();
    for (let kill = 0; kill < 5; kill++) {
      await delay(700 + 311 * kill);
      for (const { response } of begun) killedAt.add(response.tokens.length);
      await killWorker();
      await until(
        'all are listened to again',
        async () => (begun.every(({ response }) => response.listened.length >= kill + 2) ? true : null),
        30_000,
      );
    }
    expect(killedAt.size).toBeGreaterThan(10);
    await Promise.all(dictating);
    for (const { response } of begun) response.complete();
    for (const each of begun) await expectWhole(each);
  }, 240_000);

  test('whose connection is reset at every tenth token is complete after one request', async () => {
    const begun = await begin();
    for (const [n, token] of tokens(60).entries()) {
      begun.response.say(token);
      if (n % 10 !== 9) continue;
      const { length } = begun.response.listened;
      provider.reset(begun.response.id);
      await until(
        'it is listened to again',
        async () => (begun.response.listened.length > length ? true : null),
        20_000,
      );
    }
    begun.response.complete();
    await expectWhole(begun);
    expect(begun.response.listened.length).toBeGreaterThan(6);
  }, 120_000);

  test.each([false, true])(
    'that ended while no worker was connected is read whole, with streams of ended responses refused: %s',
    async (onlyLive) => {
      provider.streamsOnlyLive(onlyLive);
      const begun = await begin();
      await dictate(begun.response, tokens(5), 5);
      await begun.viewer.untilText(begun.turn.id, 5);
      await service.kill('worker', 'SIGKILL');
      await dictate(begun.response, tokens(30), 0);
      begun.response.complete();
      await expectWhole(begun);
      provider.streamsOnlyLive(false);
    },
    120_000,
  );

  test('that the provider no longer has is started again, with one restart', async () => {
    const begun = await begin();
    await dictate(begun.response, tokens(5), 5);
    await begun.viewer.untilText(begun.turn.id, 5);
    provider.onCreated((again) => {
      again.say('Anew.');
      again.complete();
    });
    provider.forget(begun.response.id);
    await killWorker();
    const ended = await service.client.awaitTurnEnd(begun.turn.id);
    provider.onCreated(() => {});
    expect(ended).toMatchObject({ status: 'completed', beats: [{ text: 'Anew.' }] });
    await begun.viewer.untilEnd(begun.turn.id);
    expect([begun.viewer.text(begun.turn.id), begun.viewer.violations, restarts(begun.viewer)]).toEqual([
      'Anew.',
      [],
      1,
    ]);
    expect(creationsOf(begun.turn.id)).toHaveLength(2);
  }, 120_000);

  test('is cancelled at the provider when it is stopped', async () => {
    const begun = await begin();
    await dictate(begun.response, ['So far. '], 0);
    await begun.viewer.untilText(begun.turn.id, 5);
    await service.client.cancelTurn(begun.turn.id);
    const ended = await service.client.awaitTurnEnd(begun.turn.id);
    expect(ended).toMatchObject({
      status: 'cancelled',
      beats: [{ text: 'So far. ', truncated: true }],
      usage: { certainty: 'estimated' },
    });
    await until('it is cancelled', async () => (begun.response.status === 'cancelled' ? true : null));
  }, 60_000);
});

test('an agent over the Responses API loses neither thinking nor calls when its worker is killed', async () => {
  const { send } = service.client;
  const { body: chat } = await send<Chat>('POST', '/v1/chats', { kind: 'agent' });
  const viewer = openFollowingViewer(service.api, chat.id);
  viewers.push(viewer);
  const turn = await service.client.postTurn(chat.id, 'What is 6 * 7?');
  const first = await until('the first iteration', async () => provider.next(`${turn.id}/reply:0`) ?? null);
  first.say('I count.', 'thinking');
  first.say('Let me see.');
  await viewer.untilText(turn.id, 'Let me see.'.length);
  await killWorker();
  first.say(' Now.');
  first.complete([{ call_id: 'c1', name: 'calculate', arguments: '{"expression":"6*7"}' }]);
  const second = await until('the second iteration', async () => provider.next(`${turn.id}/reply:1`) ?? null, 30_000);
  expect(second.body.input.slice(-2)).toMatchObject([
    { type: 'function_call', call_id: 'c1', name: 'calculate' },
    { type: 'function_call_output', call_id: 'c1', output: '42' },
  ]);
  second.say('It is 42.');
  second.complete();
  const ended = await service.client.awaitTurnEnd(turn.id);
  expect(ended).toMatchObject({ status: 'completed', beats: [{ text: 'Let me see. Now.It is 42.' }] });
  await viewer.untilEnd(turn.id);
  expect([viewer.violations, restarts(viewer)]).toEqual([[], 0]);
  const events = await service.client.events(chat.id);
  const steps = events.flatMap((event) => (event.kind === 'assistant_turn' ? (event.data.steps ?? []) : []));
  expect(steps.map(({ type, content }) => [type, content])).toEqual([
    ['thinking', 'I count.'],
    ['text', 'Let me see. Now.'],
    ['tool_call', undefined],
    ['tool_result', '42'],
    ['text', 'It is 42.'],
  ]);
  expect(creationsOf(turn.id)).toHaveLength(2);
}, 120_000);
