import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { paced } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import type { ProcessName } from '../../support/service/service.js';
import { type FollowingViewer, openFollowingViewer } from '../../support/viewers/followingViewer.js';

const chats = 8;
const turnsPerChat = 3;
const victims: ProcessName[] = [
  'worker',
  'postgres',
  'api',
  'temporal',
  'worker',
  'api',
  'postgres',
  'worker',
  'temporal',
];

let world: ScriptedService;
const viewers: FollowingViewer[] = [];

beforeAll(async () => {
  world = await startScriptedService({}, { ownServers: true });
}, 180_000);
afterAll(async () => {
  for (const viewer of viewers) viewer.close();
  await world?.dispose();
}, 60_000);

/** Tells every attempt's text from every other's, so that a mixture of two would show. */
function replyOf(n: number) {
  return paced(
    Array.from({ length: 80 }, (_, word) => `${n}:${word} `),
    { everyMs: 20 },
  );
}

test('every turn of eight chats ends once with the same text for all, although each process is killed in between', async () => {
  const { service, provider } = world;
  provider.script(({ n }) => replyOf(n));
  const turns: { turnId: string; viewer: FollowingViewer }[] = [];
  for (let i = 0; i < chats; i++) {
    const chat = await service.client.newChat();
    const viewer = openFollowingViewer(service.api, chat.id);
    viewers.push(viewer);
    for (let n = 0; n < turnsPerChat; n++) {
      const turn = await service.client.postTurn(chat.id, `Chat ${i}, turn ${n}.`);
      turns.push({ turnId: turn.id, viewer });
    }
  }

  for (const victim of victims) {
    const pause = Math.round(Math.random() * 1_500);
    await delay(pause);
    const before = await service.kill(victim, 'SIGKILL');
    const after = await service.waitForRestart(victim, before, 60_000);
    console.info(`after ${pause} ms: ${victim} ${before} killed, ${after} in its place`);
    expect(after).not.toBe(before);
  }

  provider.unscript();
  for (const { turnId, viewer } of turns) {
    await service.client.awaitTurnEnd(turnId, 120_000);
    const { turn, text } = await expectAgreement(service, viewer, turnId, { floorIsFree: false });
    expect(turn.status).toBe('completed');
    expect(text.length).toBeGreaterThan(0);
  }
  for (const viewer of viewers) {
    const events = await service.client.events(viewer.chatId);
    const inOrder = (kind: string) => events.filter((event) => event.kind === kind).map((event) => event.turnId);
    expect(inOrder('assistant_turn')).toEqual(inOrder('user_turn'));
    await expectFollowingTurnToRun(service, viewer.chatId);
  }
}, 400_000);
