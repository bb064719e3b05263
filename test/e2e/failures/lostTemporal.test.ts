import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { type Service, startService } from '../../support/service/service.js';
import { runReconcile } from '../../support/temporal/runReconcile.js';
import { openFollowingViewer } from '../../support/viewers/followingViewer.js';

let provider: ScriptedProvider;
let service: Service;
const start = (dataDir?: string) =>
  startService({
    env: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'any' },
    ...(dataDir ? { dataDir } : {}),
  });
const reconcile = (...args: string[]) => runReconcile(args, { DATA_DIR: service.dataDir });

afterAll(async () => {
  await provider?.close();
  await service?.dispose();
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
