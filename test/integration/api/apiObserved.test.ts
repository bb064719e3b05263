import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { createLog } from '../../../telemetry/log/log.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';

jest.setTimeout(20_000);

const key = 'key-that-nobody-may-read';
const prose = 'canary-word';
let logged = '';
let api: TestApi;
let client: ServiceClient;
beforeAll(async () => {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += chunk;
      done();
    },
  });
  api = await startTestApi({
    env: { API_KEYS: `${key}:ann` },
    log: createLog('trace', 'api', { to: sink, secrets: [key] }),
  });
  client = createServiceClient(api.url, { key });
}, 60_000);
afterAll(() => api.close());

it('the log of the api has each request, and neither keys nor prose', async () => {
  const host = await client.createCharacter(prose, prose);
  const chat = await client.createChat(host.id);
  await client.postTurn(chat.id, prose);
  await client.send('POST', `/v1/chats/${chat.id}/turns`, { text: prose, [prose]: 1 });
  await client.send('GET', `/v1/chats/${chat.id}/events?secret=${prose}`);
  await fetch(`${api.url}/v1/characters`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, cookie: prose },
    body: `{"name": ${prose}`,
  });
  expect(logged).toContain(`"path":"/v1/chats/${chat.id}/turns"`);
  expect(logged).not.toContain(prose);
  expect(logged).not.toContain(key);
});

it('a request that fails on our side is logged with its error, its id, its method and its route', async () => {
  await api.database.pool.query('alter table you rename to you_elsewhere');
  const { status, headers } = await client.send('GET', '/v1/you');
  await api.database.pool.query('alter table you_elsewhere rename to you');
  expect(status).toBe(500);
  const lines = logged.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
  const requestId = headers.get('x-request-id');
  expect(lines.find((line) => line.level === 50 && line.requestId === requestId)).toMatchObject({
    method: 'GET',
    route: '/v1/you',
    code: 'internal',
    msg: 'a request failed',
    err: { type: 'DatabaseError', code: '42P01', message: 'relation "you" does not exist', stack: expect.any(String) },
  });
  expect(lines.find((line) => line.req?.id === requestId && line.res?.status === 500)).toBeDefined();
});

it('the metrics of the api count requests by route, without ids', async () => {
  const chat = await client.newChat();
  await client.postTurn(chat.id, 'one', { idempotencyKey: 'k' });
  await client.postTurn(chat.id, 'one', { idempotencyKey: 'k' });
  const { body, headers } = await client.send<string>('GET', '/metrics');
  expect(headers.get('content-type')).toMatch(/^text\/plain/);
  expect(body).toMatch(/durable_turns_turns_accepted_total\{kind="narrative",repeat="yes"\} 1/);
  expect(body).toMatch(
    /durable_turns_http_request_duration_seconds_count\{method="POST",route="\/v1\/chats\/:chatId\/turns",status="202"\}/,
  );
  expect(body).toMatch(/^durable_turns_gateway_viewers 0$/m);
  expect(body).toMatch(/^durable_turns_process_cpu_seconds_total /m);
  expect(body).not.toMatch(/(chat|turn)_[0-9a-f]{8}-/);
});
