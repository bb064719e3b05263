import { afterAll, expect, test } from '@jest/globals';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { mentioning } from '../../support/service/processes.js';
import { type Service, startService } from '../../support/service/service.js';
import { type FollowingViewer, openFollowingViewer } from '../../support/viewers/followingViewer.js';

let provider: ScriptedProvider;
let service: Service;
const viewers: FollowingViewer[] = [];

const start = (dataDir?: string) =>
  startService({
    env: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'any' },
    ...(dataDir ? { dataDir } : { isNew: true }),
  });
const follow = (chatId: string) => {
  const viewer = openFollowingViewer(service.api, chatId);
  viewers.push(viewer);
  return viewer;
};

afterAll(async () => {
  for (const viewer of viewers) viewer.close();
  await provider?.close();
  await service?.dispose();
}, 60_000);

test('a second start on the same data continues the turn that was in mid-stream', async () => {
  provider = await startScriptedProvider();
  provider.script(() => ({ steps: [] }));
  service = await start();
  const chat = await service.client.newChat();
  const before = follow(chat.id);
  const turn = await service.client.postTurn(chat.id, 'Is anybody there?');
  const queued = await service.client.postTurn(chat.id, 'And now?');
  const first = await provider.nextRequest();
  await first.send('The lamp turns, ');
  await before.untilText(turn.id, 1);

  await service.stop('SIGTERM');
  before.close();
  await first.left();
  expect(mentioning(service.dataDir)).toEqual([]);

  service = await start(service.dataDir);
  const after = follow(chat.id);
  const second = await provider.nextRequest(undefined, 60_000);
  expect(second.requestId).toMatch(new RegExp(`^${turn.id}/reply:0/\\d+$`));
  provider.script(() => whole('Now.'));
  await second.send('Who asks?');
  await second.finish();
  const agreed = await expectAgreement(service, after, turn.id, { floorIsFree: false });
  expect([agreed.turn.status, agreed.text]).toEqual(['completed', 'Who asks?']);
  const next = await expectAgreement(service, after, queued.id);
  expect([next.turn.status, next.text]).toEqual(['completed', 'Now.']);
  await expectFollowingTurnToRun(service, chat.id);
}, 300_000);

test('a start after all processes were killed at once continues the turn, and leaves no process of the first start', async () => {
  provider.script(() => ({ steps: [] }));
  const chat = await service.client.newChat();
  const turn = await service.client.postTurn(chat.id, 'Is anybody there?');
  const first = await provider.nextRequest((call) => call.requestId?.startsWith(`${turn.id}/reply`) ?? false);
  await first.send('The lamp turns, ');

  const { pids } = await service.run();
  for (const name of ['launcher', 'worker', 'api', 'temporal', 'postgres'] as const)
    process.kill(pids[name], 'SIGKILL');
  await first.left();

  service = await start(service.dataDir);
  const viewer = follow(chat.id);
  const second = await provider.nextRequest((call) => call.requestId?.startsWith(`${turn.id}/reply`) ?? false, 90_000);
  await second.send('Who asks?');
  await second.finish();
  const agreed = await expectAgreement(service, viewer, turn.id);
  expect([agreed.turn.status, agreed.text]).toEqual(['completed', 'Who asks?']);
  for (const [name, pid] of Object.entries((await service.run()).pids)) {
    expect([name, pid]).not.toEqual([name, pids[name as keyof typeof pids]]);
  }
}, 300_000);
