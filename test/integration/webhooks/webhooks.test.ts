import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { readPending } from '../../../db/webhooks/deliveries.js';
import { createStartDelivery } from '../../../engine/deliveries.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';
import type { WorkerProcess } from '../../support/service/workerProcess.js';
import { until } from '../../support/until.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';
import { type Receiver, secret, startReceiver, startSilentReceiver } from '../../support/webhooks/receiver.js';

const settings = {
  PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  ALLOWED_PROVIDER_HOSTS: '127.0.0.1',
};

let fleet: WorkerFleet;
let worker: WorkerProcess;
let api: TestApi;
let receiver: Receiver;
let ada: ServiceClient;
let ben: ServiceClient;

beforeAll(async () => {
  receiver = await startReceiver();
  fleet = await startWorkerFleet('webhooks', settings);
  worker = await fleet.start();
  const env = {
    ...settings,
    TASK_QUEUE: fleet.taskQueue,
    API_KEYS: 'key-of-ada-0123456789:ada,key-of-ben-0123456789:ben',
  };
  api = await startTestApi({ database: fleet.database, env });
  ada = createServiceClient(api.url, { key: 'key-of-ada-0123456789' });
  ben = createServiceClient(api.url, { key: 'key-of-ben-0123456789' });
}, 240_000);
afterAll(async () => {
  await api?.close();
  await fleet?.close();
  await receiver?.close();
}, 60_000);

const add = async (client: ServiceClient, events: string[], url = receiver.url) =>
  (await client.send('POST', '/v1/webhooks', { url, events, secret })).body as { id: string };

const remove = (client: ServiceClient, id: string) => client.send('DELETE', `/v1/webhooks/${id}`);

const open = async (webhookId: string) =>
  (await fleet.pool.query('select from webhook_deliveries where webhook_id = $1', [webhookId])).rowCount;

const nextOf = (webhookId: string, suits: (status: number, seq: number) => boolean = () => true) =>
  receiver.next(({ id, status, body }) => id.startsWith(`${webhookId}/`) && suits(status, body.event.seq));

describe('a webhook', () => {
  test('gets each event of its kinds once it is committed, signed, as the log has it, and no event of other owners', async () => {
    const { id } = await add(ada, ['chat_created', 'user_turn', 'turn_completed']);
    const theirs = await ben.newChat();
    const chat = await ada.newChat();
    const turn = await ada.postTurn(chat.id, 'Is anybody there?');
    await nextOf(id, (_, seq) => seq === turn.userTurnSeq);
    const ended = await receiver.next(({ body }) => body.chatId === chat.id && body.kind === 'turn_completed');
    const { items } = (await ada.send('GET', `/v1/chats/${chat.id}/events?limit=1000`)).body as {
      items: { seq: number; kind: string }[];
    };
    const asked = items.filter(({ kind }) => ['chat_created', 'user_turn', 'turn_completed'].includes(kind));
    await until('every event is delivered', async () => ((await open(id)) === 0 ? true : null));
    const got = receiver.received.filter((each) => each.id.startsWith(`${id}/`));
    expect(got.map(({ body }) => body.event).sort((a, b) => a.seq - b.seq)).toEqual(asked);
    expect(got.every(({ signed, attempt }) => signed && attempt === 1)).toBe(true);
    expect(ended).toMatchObject({ id: `${id}/${chat.id}/${ended.body.event.seq}`, body: { id: ended.id } });
    expect(receiver.received.filter(({ body }) => body.chatId === theirs.id)).toEqual([]);
    await remove(ada, id);
  }, 120_000);

  test('gets an event again, with the same id and body, until its receiver answers with 2xx; a redirect is not followed', async () => {
    const { id } = await add(ada, ['chat_created']);
    receiver.script(500, 302);
    const chat = await ada.newChat();
    await nextOf(id, (status) => status === 204);
    const attempts = receiver.received.filter((each) => each.id === `${id}/${chat.id}/1`);
    expect(attempts.map(({ attempt, status, signed }) => ({ attempt, status, signed }))).toEqual([
      { attempt: 1, status: 500, signed: true },
      { attempt: 2, status: 302, signed: true },
      { attempt: 3, status: 204, signed: true },
    ]);
    expect(new Set(attempts.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    await remove(ada, id);
  }, 120_000);

  test('is deleted, with all that was open for it, when its receiver answers 410', async () => {
    const { id } = await add(ada, ['chat_created']);
    receiver.script(410);
    await ada.newChat();
    await until('the webhook is gone', async () =>
      JSON.stringify((await ada.send('GET', '/v1/webhooks')).body).includes(id) ? null : true,
    );
    expect(await open(id)).toBe(0);
  }, 120_000);

  test('gets nothing more of what is open once it is deleted', async () => {
    const { id } = await add(ada, ['chat_created']);
    receiver.script(503);
    const chat = await ada.newChat();
    const first = await nextOf(id);
    expect((await remove(ada, id)).status).toBe(204);
    expect(await open(id)).toBe(0);
    expect(await fleet.client.workflow.getHandle(first.id).result()).toEqual({ outcome: 'stopped' });
    expect(receiver.received.filter(({ body }) => body.chatId === chat.id)).toHaveLength(1);
    expect((await remove(ada, id)).status).toBe(404);
  }, 120_000);

  test('whose receiver does not answer leaves places for the other webhooks of its owner', async () => {
    const silent = await startSilentReceiver();
    const slow = await add(ada, ['chat_created'], silent.url);
    for (let n = 0; n < 40; n++) await ada.newChat();
    await until('requests that wait', async () => (silent.requests() >= 5 ? true : null));
    const { id } = await add(ada, ['chat_created']);
    for (let n = 0; n < 5; n++) await ada.newChat();
    await until('all events are delivered', async () => ((await open(id)) === 0 ? true : null));
    expect(receiver.received.filter((each) => each.id.startsWith(`${id}/`))).toHaveLength(5);
    expect(silent.most()).toBe(5);
    await remove(ada, slow.id);
    await remove(ada, id);
    await silent.close();
  }, 120_000);

  test('gets an event once more with the same id when the worker is killed before the answer, and then no more', async () => {
    const silent = await startSilentReceiver();
    const { id } = await add(ada, ['chat_created'], silent.url);
    const chat = await ada.newChat();
    await until('a request', async () => (silent.requests() === 1 ? true : null));
    await fleet.pool.query('update webhooks set url = $2 where id = $1', [id, receiver.url]);
    worker.kill('SIGKILL');
    worker = await fleet.start();
    const got = await nextOf(id);
    expect([got.id, got.signed, got.status]).toEqual([`${id}/${chat.id}/1`, true, 204]);
    await until('the end of the delivery', async () => ((await open(id)) === 0 ? true : null));
    expect(receiver.received.filter((each) => each.id === got.id)).toHaveLength(1);
    await remove(ada, id);
    await silent.close();
  }, 120_000);

  test('of whose deliveries in the outbox those of a deleted chat are not started', async () => {
    const { id } = await add(ada, ['memory_pinned']);
    const [kept, gone] = [await ada.newChat(), await ada.newChat()];
    for (const chat of [gone, kept])
      await fleet.pool.query('insert into webhook_deliveries (webhook_id, chat_id, seq) values ($1, $2, 1)', [
        id,
        chat.id,
      ]);
    // As after the deletion of a long chat: its row is gone, and the others are not yet.
    const client = await fleet.pool.connect();
    try {
      await client.query('begin');
      await client.query('delete from chats where id = $1', [gone.id]);
      expect(await readPending(client, [id], 10)).toEqual([
        { webhookId: id, owner: 'ada', chatId: kept.id, seq: 1, kind: 'chat_created' },
      ]);
    } finally {
      await client.query('rollback');
      client.release();
    }
    await remove(ada, id);
  }, 120_000);

  test('gets no event of a chat that was deleted before the delivery', async () => {
    const { id } = await add(ada, ['chat_created']);
    receiver.script(503);
    const chat = await ada.newChat();
    const first = await nextOf(id);
    expect((await ada.send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    await until('the delivery is gone from Temporal', () =>
      fleet.client.workflow
        .getHandle(first.id)
        .describe()
        .then(
          () => null,
          (error: unknown) => error instanceof WorkflowNotFoundError || null,
        ),
    );
    expect(receiver.received.filter(({ body }) => body.chatId === chat.id)).toHaveLength(1);
    await remove(ada, id);
  }, 120_000);

  test('gets events whose process died after the commit: the reconciler starts what is left in the outbox', async () => {
    const { id } = await add(ada, ['user_turn']);
    // This process starts no deliveries, so the row stays in the outbox.
    const { chatId } = await seedChat(fleet.pool, 'ada');
    await claim(fleet.pool, chatId, { owner: 'ada' });
    expect(await open(id)).toBe(1);
    expect((await nextOf(id)).body).toMatchObject({ chatId, kind: 'user_turn' });
    await remove(ada, id);
  }, 120_000);

  test('is given up on for an event when the time of its delivery is over, and the log says so', async () => {
    const { id } = await add(ada, ['memory_pinned'], 'http://127.0.0.1:9/nobody-listens');
    const { chatId } = await seedChat(fleet.pool, 'ada');
    const key = { webhookId: id, chatId, seq: 1 };
    await fleet.pool.query(
      'insert into webhook_deliveries (webhook_id, chat_id, seq, started_at) values ($1, $2, 1, now())',
      [id, chatId],
    );
    const start = createStartDelivery({ client: fleet.client, taskQueue: fleet.taskQueue });
    await start({ ...key, owner: 'ada', kind: 'chat_created' }, 2_500);
    const workflow = fleet.client.workflow.getHandle(`${id}/${chatId}/1`);
    expect(await workflow.result()).toEqual({ outcome: 'given_up' });
    expect(await open(id)).toBe(0);
    expect(worker.said().filter((line) => line.startsWith('a delivery to a webhook was given up'))).toHaveLength(1);
    await remove(ada, id);
  }, 120_000);
});
