import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { differencesFromRebuild, gapsOf, readLog, repeatsOf, unrestOf } from '../../support/chats/logBreaches.js';
import { beginBaseBackup } from '../../support/postgres/baseBackup.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { isNamedReply, namedReply, runContinuousTurns } from '../../support/service/continuousTurns.js';
import { type Service, startService } from '../../support/service/service.js';
import { runReconcile } from '../../support/temporal/runReconcile.js';
import { until } from '../../support/until.js';
import { openFollowingViewer } from '../../support/viewers/followingViewer.js';
import { type Receiver, secret, startReceiver } from '../../support/webhooks/receiver.js';

let provider: ScriptedProvider;
let service: Service;
let receiver: Receiver | undefined;
const start = (dataDir?: string) =>
  startService({
    env: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'any' },
    ...(dataDir ? { dataDir } : {}),
  });
const reconcile = (...args: string[]) => runReconcile(args, { DATA_DIR: service.dataDir });

afterAll(async () => {
  await provider?.close();
  await service?.dispose();
  await receiver?.close();
}, 60_000);

test('a service whose Temporal has lost its data starts, closes no turn, and runs them again when an operator confirms it', async () => {
  provider = await startScriptedProvider();
  provider.script(() => ({ steps: [{ text: 'The lamp turns, ' }] }));
  service = await start();
  const chat = await service.client.newChat();
  const turn = await service.client.postTurn(chat.id, 'Is anybody there?');
  const viewer = openFollowingViewer(service.api, chat.id);
  await viewer.untilText(turn.id, 10);
  viewer.close();
  await service.stop('SIGTERM');
  for (const name of await readdir(service.dataDir))
    if (name.startsWith('temporal.db')) await rm(join(service.dataDir, name));

  service = await start(service.dataDir);
  expect(service.output()).toContain('npm run reconcile');
  const ready = await service.client.send<{ checks: Record<string, string> }>('GET', '/readyz');
  expect(ready.status).toBe(503);
  expect(ready.body.checks).toEqual({
    postgres: 'ok',
    temporal: 'ok',
    worker: 'ok',
    reconciler: expect.stringContaining('another Temporal namespace'),
  });
  expect(await service.client.getTurn(turn.id)).toMatchObject({ status: 'running', engine: 'unreachable' });
  await expectFollowingTurnToRunElsewhere();
  expect(await reconcile()).toMatchObject({ code: 1, output: expect.stringContaining('--accept-namespace') });

  provider.script(() => ({ steps: [] }));
  expect(await reconcile('--accept-namespace', '--restart')).toMatchObject({ code: 0 });
  const again = await provider.nextRequest(
    ({ requestId, did }) => Boolean(requestId?.startsWith(`${turn.id}/reply`)) && did.length === 0,
    60_000,
  );
  provider.unscript();
  const after = openFollowingViewer(service.api, chat.id);
  await again.send('The door opens.');
  await again.finish();
  const agreed = await expectAgreement(service, after, turn.id);
  expect([agreed.turn.status, agreed.text]).toEqual(['completed', 'The door opens.']);
  expect((await service.client.send('GET', '/readyz')).status).toBe(200);
  await expectFollowingTurnToRun(service, chat.id);
  after.close();
}, 300_000);

/** New turns run in the Temporal that is there. */
async function expectFollowingTurnToRunElsewhere(): Promise<void> {
  provider.unscript();
  const { id } = await service.client.newChat();
  await expectFollowingTurnToRun(service, id);
}

test('a backup that was taken while turns ran is restored with an empty Temporal: each of its turns ends once, and only what was accepted later is lost', async () => {
  provider.unscript();
  provider.script(namedReply);
  const chats = await newChatOfEachKind();
  const delivery = await openDelivery();
  const turns = runContinuousTurns(service, chats);
  await turns.untilEachHasMore(2);

  const restored = await mkdtemp(join(tmpdir(), 'durable-turns-restored-'));
  const { databaseUrl } = await service.run();
  const postgres = (folder: string) => join(folder, 'postgres');
  const ended = [...turns.ended];
  const seen = new Map(
    turns.viewers.flatMap((viewer) => ended.map((id) => [`${viewer.chatId} ${id}`, viewer.text(id)])),
  );
  const backup = await beginBaseBackup(databaseUrl, postgres(service.dataDir), postgres(restored));
  const kept = [...turns.accepted];
  await backup.finish();
  const before = new Set(turns.accepted);
  await turns.untilEachHasMore(2);
  const late = [...turns.accepted].filter((id) => !before.has(id));
  turns.stop();
  for (const file of ['postgres.password', 'encryption.json'])
    await cp(join(service.dataDir, file), join(restored, file));
  await service.dispose();

  service = await start(restored);
  expect((await service.client.send('GET', '/readyz')).status).toBe(503);
  expect(await reconcile()).toMatchObject({ code: 1, output: expect.stringContaining('were started in another') });
  expect(await reconcile('--accept-namespace', '--restart')).toMatchObject({ code: 0 });
  for (const id of kept) expect(await service.client.awaitTurnEnd(id, 90_000)).toMatchObject({ status: 'completed' });
  for (const id of late) expect((await service.client.send('GET', `/v1/turns/${id}`)).status).toBe(404);
  expect([ended.length > 0, kept.length > ended.length, late.length > 0]).toEqual([true, true, true]);

  await withPool(async (pool) => {
    for (const chatId of chats) {
      const texts = await expectWholeChat(pool, chatId);
      for (const id of ended) expect(texts.get(id) ?? '').toBe(seen.get(`${chatId} ${id}`));
    }
  });
  await receiver?.next(({ id, status }) => id === delivery && status === 204, 90_000);
  expect((await service.client.send('GET', '/readyz')).status).toBe(200);
  await expectFollowingTurnToRun(service, chats[0] ?? '');
}, 300_000);

async function newChatOfEachKind(): Promise<string[]> {
  const create = async (path: string, body: object) =>
    (await service.client.send<{ id: string }>('POST', path, body)).body.id;
  const narrative = await Promise.all([1, 2, 3].map(() => service.client.newChat()));
  const documentId = await create('/v1/documents', { title: 'Letter', body: 'The lamp is lit.' });
  return [
    ...narrative.map(({ id }) => id),
    await create('/v1/chats', { kind: 'document', documentId }),
    await create('/v1/chats', { kind: 'agent' }),
  ];
}

/** A delivery to a webhook whose receiver refuses it eight times: its workflow runs when the backup is taken. */
async function openDelivery(): Promise<string> {
  receiver = await startReceiver();
  receiver.script(...Array<number>(8).fill(503));
  const body = { url: receiver.url, events: ['chat_created'], secret };
  expect((await service.client.send('POST', '/v1/webhooks', body)).status).toBe(201);
  await service.client.newChat();
  const { id } = await receiver.next(() => true);
  await withPool((pool) =>
    until('the delivery is marked as started', async () =>
      (await pool.query('select from webhook_deliveries where started_at is not null')).rowCount === 1 ? true : null,
    ),
  );
  return id;
}

async function withPool<T>(use: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool((await service.run()).databaseUrl, { max: 4 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}

/** The log is whole, each effect is in it once, and a viewer from the beginning has each text. Gives them by turn. */
async function expectWholeChat(pool: Pool, chatId: string): Promise<Map<string, string>> {
  const log = await readLog(pool, chatId);
  const { seq } = await service.client.getChat(chatId);
  const breaches = [...gapsOf(log, seq), ...repeatsOf(log), ...(await unrestOf(pool, chatId))];
  expect([...breaches, ...(await differencesFromRebuild(pool, chatId))]).toEqual([]);
  const viewer = openFollowingViewer(service.api, chatId);
  await viewer.until('the whole log', () => viewer.cursor() === seq);
  const texts = new Map<string, string>();
  for (const { kind, data, turnId } of log) {
    if (kind !== 'assistant_turn' || turnId === null) continue;
    texts.set(turnId, data.text);
    expect([viewer.text(turnId), isNamedReply(data.text)]).toEqual([data.text, true]);
  }
  expect(viewer.violations).toEqual([]);
  viewer.close();
  return texts;
}
