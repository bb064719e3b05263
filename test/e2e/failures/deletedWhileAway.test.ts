import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { withTemporal } from '../../support/temporal/engine.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
beforeAll(async () => {
  world = await startScriptedService({ CHAT_TITLES: 'on' }, { ownServers: true });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);

const listed = (chatId: string) =>
  withTemporal(world.service, async ({ workflow }) => {
    const ids: string[] = [];
    for await (const { workflowId } of workflow.list({ query: `ChatId = '${chatId}'` })) ids.push(workflowId);
    return ids;
  });

const isThere = (workflowId: string) =>
  withTemporal(world.service, ({ workflow }) =>
    workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof WorkflowNotFoundError) return false;
          throw error;
        },
      ),
  );

test('chats that are deleted while Temporal is away leave no workflow there once it is back, running or ended', async () => {
  const { service, provider } = world;
  const { client } = service;
  provider.unscript();
  const ended = await client.newChat();
  const done = await client.postTurn(ended.id, 'Is anybody there?');
  await client.awaitTurnEnd(done.id, 60_000);
  // The turn, and the workflow that names the chat.
  const ofEnded = await until('the workflows of the chat', async () => {
    const ids = await listed(ended.id);
    return ids.length >= 2 ? ids : null;
  });
  const { chat, turn, call } = await world.beginReply();
  const queued = await client.postTurn(chat.id, 'And then?', { whenBusy: 'enqueue' });

  await service.kill('temporal', 'SIGSTOP');
  try {
    for (const { id } of [ended, chat]) {
      expect((await client.send('DELETE', `/v1/chats/${id}`)).status).toBe(204);
      expect((await client.send('GET', `/v1/chats/${id}`)).status).toBe(404);
    }
    await call.left();
  } finally {
    await service.kill('temporal', 'SIGCONT');
  }
  await until(
    'no workflow of the chats is listed',
    async () => ([...(await listed(ended.id)), ...(await listed(chat.id))].length === 0 ? true : null),
    90_000,
  );
  for (const id of [...ofEnded, turn.id, queued.id]) expect([id, await isThere(id)]).toEqual([id, false]);

  provider.unscript();
  const next = await client.newChat();
  const after = await client.postTurn(next.id, 'Still there?');
  expect(await client.awaitTurnEnd(after.id, 60_000)).toMatchObject({ status: 'completed' });
}, 240_000);
