import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ownerTables, requestOwnerDeletion } from '../../../db/owners/deleteOwner.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';
import { until } from '../../support/until.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';
import { type Receiver, secret, startReceiver } from '../../support/webhooks/receiver.js';

const settings = {
  PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  ALLOWED_PROVIDER_HOSTS: '127.0.0.1',
};
const keys = { ada: 'key-of-ada-0123456789', ben: 'key-of-ben-0123456789' };

let fleet: WorkerFleet;
let api: TestApi;
let receiver: Receiver;

const env = () => ({ ...settings, TASK_QUEUE: fleet.taskQueue, API_KEYS: `${keys.ada}:ada,${keys.ben}:ben` });

beforeAll(async () => {
  receiver = await startReceiver();
  fleet = await startWorkerFleet('owners', settings);
  await fleet.start();
  api = await startTestApi({ database: fleet.database, env: env() });
}, 240_000);
afterAll(async () => {
  await api?.close();
  await fleet?.close();
  await receiver?.close();
}, 60_000);

type Seeded = { client: ServiceClient; workflows: string[]; running: string };

/** One of everything that an owner may have. Each text has `word` in it. */
async function seed(key: string, word: string): Promise<Seeded> {
  const client = createServiceClient(api.url, { key });
  const post = async (path: string, body: object) => {
    const answer = await client.send<{ id: string }>('POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const webhookId = await post('/v1/webhooks', { url: `${receiver.url}/${word}`, events: ['turn_completed'], secret });
  await client.send('PUT', '/v1/you', { name: word, persona: `Says ${word}.` });
  const hostId = await post('/v1/characters', { name: word, persona: `${word} keeps a lighthouse.` });
  const guestId = await post('/v1/characters', { name: `${word} too`, persona: word });
  const documentId = await post('/v1/documents', { title: word, body: `A letter about ${word}.` });
  const provider = { name: word, baseUrl: 'https://models.example.com/v1', apiKey: 'sk-1', defaultModel: word };
  const first = await post('/v1/providers', provider);
  const providerId = await post('/v1/providers', { ...provider, fallbackId: first });
  await post('/v1/chats', { kind: 'agent', title: word, systemPrompt: word, providerId });
  await post('/v1/chats', { kind: 'document', documentId });
  const chatId = await post('/v1/chats', { kind: 'narrative', title: word, hostId, guestId });
  const upload = await fetch(`${api.url}/v1/attachments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/plain', 'x-filename': `${word}.txt` },
    body: `A file about ${word}.`,
  });
  const { id: attachment } = (await upload.json()) as { id: string };
  fleet.provider.unscript();
  const { body } = await client.send<{ turn: { id: string } }>('POST', `/v1/chats/${chatId}/turns`, {
    text: `Where is ${word}?`,
    attachments: [attachment],
  });
  await fleet.ended(body.turn.id, 60_000, key === keys.ada ? 'ada' : 'ben');
  const delivery = await receiver.next(({ id }) => id.startsWith(`${webhookId}/${chatId}/`));
  fleet.provider.script(() => ({ steps: [] }));
  const next = await client.postTurn(chatId, `And then, ${word}?`);
  await fleet.provider.nextRequest(({ requestId }) => requestId?.startsWith(`${next.id}/reply:`) ?? false);
  await client.postTurn(chatId, `Wait, ${word}.`);
  return { client, workflows: [body.turn.id, next.id, delivery.id], running: next.id };
}

/** Where a word occurs in the database: every column of every table, as text and as bytes. */
async function find(word: string): Promise<string[]> {
  const { rows: tables } = await fleet.pool.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  const hex = Buffer.from(word).toString('hex');
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await fleet.pool.query(
      `select count(*) as n from "${name}" t where t::text ilike '%' || $1 || '%' or t::text ilike '%' || $2 || '%'`,
      [word, hex],
    );
    if (rows[0].n > 0) found.push(name);
  }
  return found.sort();
}

const isGone = (workflowId: string) =>
  fleet.client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      () => null,
      (error: unknown) => error instanceof WorkflowNotFoundError || null,
    );

describe('the deletion of an owner', () => {
  test('leaves no row, no text and no workflow of the owner, and all of other owners; a repeat does no harm', async () => {
    const ada = await seed(keys.ada, 'zebraquartz');
    const ben = await seed(keys.ben, 'foxpelican');
    const before = await find('foxpelican');
    expect((await find('zebraquartz')).length).toBeGreaterThan(9);

    expect((await ada.client.send('DELETE', '/v1/owner')).status).toBe(204);
    for (const path of ['chats', 'characters', 'documents', 'providers', 'webhooks'])
      expect((await ada.client.send('GET', `/v1/${path}`)).body).toMatchObject({ items: [] });
    await until('no text of the owner is left', async () => ((await find('zebraquartz')).length === 0 ? true : null));
    for (const { table } of [...ownerTables, { table: 'owner_deletions' }]) {
      const { rows } = await fleet.pool.query(`select count(*) as n from ${table} where owner = 'ada'`);
      expect([table, rows[0].n]).toEqual([table, 0]);
    }
    for (const workflow of ada.workflows) await until(`${workflow} is gone from Temporal`, () => isGone(workflow));
    expect((await ada.client.send('DELETE', '/v1/owner')).status).toBe(204);

    expect(await find('foxpelican')).toEqual(before);
    for (const workflow of ben.workflows) expect(await isGone(workflow)).toBeNull();
    expect(await ben.client.getTurn(ben.running)).toMatchObject({ status: 'running' });
    await ben.client.cancelTurn(ben.running);
  }, 240_000);

  test('is completed by the next api when the first one is killed, and what was created since then stays', async () => {
    const ada = createServiceClient(api.url, { key: keys.ada });
    fleet.provider.script(whole('Yes.'));
    const old = await ada.newChat();
    await requestOwnerDeletion(fleet.pool, 'ada');
    const kept = await ada.createCharacter('Since then');
    const next = await startTestApi({ database: fleet.database, env: env() });
    try {
      await until('the request is done', async () => {
        const { rowCount } = await fleet.pool.query('select from owner_deletions');
        return rowCount === 0 ? true : null;
      });
    } finally {
      await next.close();
    }
    expect((await ada.send('GET', `/v1/chats/${old.id}`)).status).toBe(404);
    expect((await ada.send('GET', `/v1/characters/${kept.id}`)).status).toBe(200);
  }, 120_000);

  test('knows every table that has rows of an owner', async () => {
    const { rows } = await fleet.pool.query<{ name: string }>(
      "select table_name as name from information_schema.columns where column_name = 'owner' and table_schema = 'public'",
    );
    const known = [...ownerTables.map(({ table }) => table), 'owner_deletions'];
    expect(rows.map(({ name }) => name).sort()).toEqual(known.sort());
  });
});
