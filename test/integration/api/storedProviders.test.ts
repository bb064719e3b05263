import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { changeProvider } from '../../../db/chats/changeProvider.js';
import { createChat } from '../../../db/chats/newChat.js';
import { createProvider, listProviders } from '../../../db/chats/providers.js';
import { owner } from '../../support/chats/chats.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { freePort } from '../../support/service/freePort.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';

const key = randomBytes(32);
let fleet: WorkerFleet;
let listed: ScriptedProvider;
let inside: ScriptedProvider;
let metricsPort: number;
beforeAll(async () => {
  [listed, inside] = await Promise.all([startScriptedProvider(), startScriptedProvider()]);
  const closed = await freePort();
  metricsPort = await freePort();
  fleet = await startWorkerFleet('stored', {
    PROVIDER_ENCRYPTION_KEY: key.toString('base64'),
    ALLOWED_PROVIDER_HOSTS: `127.0.0.1:${listed.port},127.0.0.1:${closed}`,
    WORKER_METRICS_PORT: String(metricsPort),
    REPLY_ATTEMPTS: '2',
    STUCK_RETRY_INITIAL_MS: '1',
  });
  addresses.closed = `http://127.0.0.1:${closed}/v1`;
  addresses.listed = listed.baseUrl;
  addresses.inside = inside.baseUrl;
  addresses.named = `http://localhost:${inside.port}/v1`;
  await fleet.start();
}, 240_000);
afterEach(() => {
  for (const { requests } of [listed, inside]) requests.length = 0;
  listed.unscript();
});
afterAll(async () => {
  await fleet?.close();
  await Promise.all([listed?.close(), inside?.close()]);
}, 60_000);

const addresses = { closed: '', listed: '', inside: '', named: '' };

/** A turn of an agent whose provider an owner, or the operator, has stored. */
async function play(baseUrl: string, isOperator = false) {
  const stored = await createProvider(fleet.pool, key, { owner, isOperator }, { ...wish, baseUrl });
  const chat = await createChat(fleet.pool, owner, {
    kind: 'agent',
    title: null,
    documentId: null,
    settings: { providerId: stored.id },
  });
  return fleet.ended(await fleet.begin(chat.id), 60_000);
}
const wish = { name: 'p', apiKey: 'sk-0123456789', defaultModel: 'm' };

describe('the stored provider of an owner', () => {
  test('answers a turn where the operator allows its host', async () => {
    listed.script(whole('Here.'));
    expect(await play(addresses.listed)).toMatchObject({ status: 'completed', beats: [{ text: 'Here.' }] });
  }, 90_000);

  test('fails its turn alike whether its address is private, closed or refusing', async () => {
    const seen: object[] = [];
    for (const at of ['inside', 'named', 'closed', 'listed'] as const) {
      listed.script(() => ({ status: 404, body: '<html>admin</html>' }));
      const { status, error, usage, beats } = await play(addresses[at]);
      seen.push({ status, error, usage, attempts: beats.map(({ attempt }) => attempt) });
    }
    expect(inside.connections()).toBe(0);
    expect(listed.requests).toHaveLength(2);
    expect(seen[0]).toMatchObject({ status: 'failed', error: { code: 'provider_failed' }, attempts: [2] });
    expect(seen[0]).not.toHaveProperty('error.detail');
    for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
  }, 180_000);
});

test('what a stored provider refuses is learnt, listed and counted, and forgotten when it proves wrong', async () => {
  const { id } = await createProvider(
    fleet.pool,
    key,
    { owner, isOperator: false },
    { ...wish, baseUrl: listed.baseUrl, maxTokens: 500 },
  );
  const chat = await createChat(fleet.pool, owner, {
    ...{ kind: 'agent', title: null, documentId: null, settings: { providerId: id } },
  });
  const answerUnless = (field: string, status: number, error: object) =>
    listed.script(({ body }) => (field in body ? { status, body: error } : whole('Yes.')));
  const turn = async () => {
    listed.requests.length = 0;
    const { status } = await fleet.ended(await fleet.begin(chat.id), 60_000);
    return { status, requests: listed.requests.length };
  };
  const learned = async () =>
    (await listProviders(fleet.pool, owner, { after: null, limit: 100 }))
      .filter((provider) => provider.id === id)
      .flatMap((provider) => provider.learned.map(({ model, fact }) => ({ model, fact })));

  const unsupported = { message: 'No.', param: 'max_tokens', code: 'unsupported_parameter' };
  answerUnless('max_tokens', 400, { error: unsupported });
  expect([await turn(), await turn()]).toEqual([
    { status: 'completed', requests: 2 },
    { status: 'completed', requests: 1 },
  ]);
  expect(await learned()).toEqual([{ model: 'm', fact: 'max_tokens is max_completion_tokens' }]);

  const loc = ['body', 'max_completion_tokens'];
  answerUnless('max_completion_tokens', 422, { detail: [{ type: 'extra_forbidden', loc, msg: 'Not permitted' }] });
  expect(await turn()).toEqual({ status: 'completed', requests: 2 });
  expect(await learned()).toEqual([]);
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  for (const event of ['learned', 'forgotten'])
    expect(metrics).toMatch(new RegExp(`durable_turns_provider_facts_total{event="${event}",kind="renamed"} 1`));
}, 180_000);

test('a changed key is used from the next turn on', async () => {
  const stored = await createProvider(
    fleet.pool,
    key,
    { owner, isOperator: false },
    { ...wish, baseUrl: listed.baseUrl },
  );
  const chat = await createChat(fleet.pool, owner, {
    kind: 'agent',
    title: null,
    documentId: null,
    settings: { providerId: stored.id },
  });
  await fleet.ended(await fleet.begin(chat.id), 60_000);
  await changeProvider(fleet.pool, key, owner, stored.id, { apiKey: 'sk-second' });
  await fleet.ended(await fleet.begin(chat.id), 60_000);
  const sent = listed.requests.map(({ headers }) => headers.authorization);
  expect(sent).toEqual([`Bearer ${wish.apiKey}`, 'Bearer sk-second']);
}, 120_000);

test('the provider of the operator may be on this machine, and its failures keep their codes', async () => {
  inside.script(whole('Here.'), { status: 401, body: { error: { code: 'invalid_api_key' } } });
  expect(await play(addresses.named, true)).toMatchObject({ status: 'completed', beats: [{ text: 'Here.' }] });
  expect(await play(addresses.inside, true)).toMatchObject({
    status: 'failed',
    error: { code: 'provider_unauthorized', detail: { status: 401, code: 'invalid_api_key' } },
  });
}, 120_000);
