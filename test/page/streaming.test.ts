import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { accessibilityViolations } from '../support/page/pageAudit.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startReply as startReplyOf, startViewers, turnIdOf, type Viewers } from '../support/page/viewers.js';
import { type ScriptedService, startScriptedService } from '../support/service/scriptedService.js';

let world: ScriptedService;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startScriptedService();
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
  world.provider.requests.length = 0;
});

const startReply = (viewer: ViewerPage, text: string) => startReplyOf(world.provider, viewer, text);

/** A new chat as a viewer has it open. */
async function openChat() {
  const { id: chatId } = await world.service.client.newChat();
  return { viewer: await viewers.open(world.service.api, chatId), chatId };
}

const whole = 'The lamp turns, the door is open.';

/** Never another text than the beginning of the whole, never a shorter one than before, never gone. */
function expectSteady(viewer: ViewerPage, turnId: string, text: string): void {
  const states = viewer.replyStates.filter(({ key }) => key === `${turnId}:0`);
  expect(states.length).toBeGreaterThan(2);
  let before = '';
  for (const state of states) {
    // Right after a reload a reply is there before its text is.
    const begins = state.text === '' && states.findIndex(({ load }) => load === state.load) === states.indexOf(state);
    if (begins) continue;
    expect(state.text).not.toBeNull();
    expect(text.startsWith(state.text ?? '')).toBe(true);
    expect(state.text?.startsWith(before)).toBe(true);
    before = state.text ?? '';
  }
  expect(before).toBe(text);
  expect(states.at(-1)?.streaming).toBe(false);
  const nodes = new Set(states.map(({ load, node }) => `${load} ${node}`));
  expect(nodes.size).toBe(new Set(states.map(({ load }) => load)).size);
}

/** A reply that has begun, and whose worker was killed: another attempt asks the provider. */
async function loseReply() {
  const { viewer } = await openChat();
  const call = await startReply(viewer, 'Is anybody there?');
  await call.send('The lamp turns, ');
  await viewer.reply('The lamp turns,').waitFor();
  await world.service.kill('worker', 'SIGKILL');
  const again = await world.nextAttempt(turnIdOf(call), 60_000);
  return { viewer, call, again };
}

describe('a reply on the page', () => {
  test('streams with the name of its speaker, and stays the same element when it lands', async () => {
    const { viewer } = await openChat();
    const call = await startReply(viewer, 'Is anybody there?');
    await call.send('The lamp turns, ');
    const reply = viewer.reply('The lamp turns,');
    await reply.getByText('Mira', { exact: true }).waitFor();
    await call.send('the door ');
    await viewer.reply('The lamp turns, the door').waitFor();
    await call.send('is open.');
    await call.finish();
    await viewer.waitForReply(whole);
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', whole]);
    expectSteady(viewer, turnIdOf(call), whole);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('is complete and without repeated words after two reloads during its stream', async () => {
    const { viewer } = await openChat();
    const call = await startReply(viewer, 'Is anybody there?');
    await call.send('The lamp turns, ');
    await viewer.reply('The lamp turns,').waitFor();
    await viewer.reload();
    await viewer.reply('The lamp turns,').waitFor();
    await call.send('the door ');
    await viewer.reply('The lamp turns, the door').waitFor();
    await viewer.reload();
    await call.send('is open.');
    await call.finish();
    await viewer.waitForReply(whole);
    expectSteady(viewer, turnIdOf(call), whole);
    await viewer.reload();
    await viewer.waitForReply(whole);
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', whole]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'continues without a flicker when the api ends with %s during its stream',
    async (signal) => {
      const { viewer } = await openChat();
      const call = await startReply(viewer, 'Is anybody there?');
      await call.send('The lamp turns, ');
      await viewer.reply('The lamp turns,').waitFor();
      const before = await world.service.kill('api', signal);
      await viewer.waitUntilDisconnected();
      await call.send('the door ');
      await world.service.waitForRestart('api', before);
      await viewer.waitUntilConnected();
      await viewer.reply('The lamp turns, the door').waitFor();
      await call.send('is open.');
      await call.finish();
      await viewer.waitForReply(whole);
      expect(await viewer.messageTexts()).toEqual(['Is anybody there?', whole]);
      expectSteady(viewer, turnIdOf(call), whole);
    },
    120_000,
  );

  test('that was lost with its worker stays visible with a note until the new one is longer', async () => {
    const { viewer, call, again } = await loseReply();
    await again.send('Who ');
    const lost = viewer.page.locator('.beat.lost');
    await lost.getByText('A server failed while it wrote this reply. Writing it again…').waitFor();
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'The lamp turns,']);
    expect(await accessibilityViolations(viewer.page)).toEqual([]);
    await again.send('asks, at this hour?');
    await viewer.reply('Who asks, at this hour?').waitFor();
    await lost.waitFor({ state: 'detached' });
    await again.finish();
    await viewer.waitForReply('Who asks, at this hour?');
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'Who asks, at this hour?']);
    expect(viewer.replyTextsOf(turnIdOf(call))).toEqual(['The lamp turns,', 'Who asks, at this hour?']);
    expect(viewer.announcements.filter((words) => words.includes('Writing it again'))).toHaveLength(1);
    expect(viewer.problems).toEqual([]);
  }, 120_000);

  test('that was lost is replaced by a shorter one when the shorter one is complete', async () => {
    const { viewer, call, again } = await loseReply();
    await again.send('No.');
    await viewer.page.locator('.beat.lost').waitFor();
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'The lamp turns,']);
    await again.finish();
    await viewer.waitForReply('No.');
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'No.']);
    expect(viewer.replyTextsOf(turnIdOf(call))).toEqual(['The lamp turns,', 'No.']);
    expect(viewer.problems).toEqual([]);
  }, 120_000);

  test('keeps its text and says that it was stopped after a click on Stop', async () => {
    const { viewer } = await openChat();
    const call = await startReply(viewer, 'Is anybody there?');
    await call.send('The lamp turns, ');
    await viewer.reply('The lamp turns,').waitFor();
    await viewer.button('Stop').click();
    await viewer.transcript.getByText('Reply stopped.').waitFor();
    await call.left();
    await viewer.button('Stop').waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'The lamp turns,']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('a message on the page', () => {
  const countIn = async (chatId: string, text: string) =>
    (await world.service.client.events(chatId)).filter(({ kind, data }) => kind === 'user_turn' && data.text === text)
      .length;

  test('that is sent while the api is down is shown as sending, and is in the log once when the api is back', async () => {
    const { viewer, chatId } = await openChat();
    await viewer.composer.fill('Is anybody there?');
    const before = await world.service.kill('api', 'SIGKILL');
    await viewer.composer.press('Enter');
    await viewer.transcript.getByText('Sending…').waitFor();
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?']);
    await world.service.waitForRestart('api', before);
    await viewer.waitForReply('A scripted reply.');
    await viewer.transcript.getByText('Sending…').waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'A scripted reply.']);
    expect(await countIn(chatId, 'Is anybody there?')).toBe(1);
  }, 120_000);

  test('that is sent while the api is down survives a reload of the page', async () => {
    const { viewer, chatId } = await openChat();
    await viewer.composer.fill('Is anybody there?');
    const before = await world.service.kill('api', 'SIGKILL');
    await viewer.composer.press('Enter');
    await viewer.transcript.getByText('Sending…').waitFor();
    await viewer.page.reload().catch(() => undefined);
    await world.service.waitForRestart('api', before);
    await viewer.page.goto('about:blank');
    await viewer.openChat(chatId);
    await viewer.waitForReply('A scripted reply.');
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'A scripted reply.']);
    expect(await countIn(chatId, 'Is anybody there?')).toBe(1);
  }, 120_000);

  test('whose answer was lost is sent again after a reload, and is in the log once', async () => {
    const { viewer, chatId } = await openChat();
    await viewer.page.route('**/turns', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await viewer.sendMessage('Is anybody there?');
    await viewer.waitForReply('A scripted reply.');
    await viewer.page.reload();
    await viewer.waitForReply('A scripted reply.');
    const answered = viewer.page.waitForResponse('**/turns');
    await viewer.page.unrouteAll({ behavior: 'ignoreErrors' });
    expect((await answered).status()).toBe(202);
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'A scripted reply.']);
    expect(await countIn(chatId, 'Is anybody there?')).toBe(1);
  }, 90_000);

  test('that is sent during a reply is queued, shows its position, and can be cancelled', async () => {
    const { viewer } = await openChat();
    const first = await startReply(viewer, 'Is anybody there?');
    await first.send('The lamp ');
    await viewer.reply('The lamp').waitFor();
    await viewer.sendMessage('And the door?');
    await viewer.transcript.getByText('Queued, 1st in line').waitFor();
    await viewer.sendMessage('And the stairs?');
    await viewer.transcript.getByText('Queued, 2nd in line').waitFor();
    await viewer.button('Cancel message').last().click();
    await viewer.transcript.getByText('Stopped before the reply.').waitFor();
    await first.send('turns.');
    await first.finish();
    const second = await world.provider.nextRequest(undefined, 30_000);
    await viewer.transcript.getByText('Queued').waitFor({ state: 'detached' });
    await second.send('It is open.');
    await second.finish();
    await viewer.waitForReply('It is open.');
    expect(await viewer.messageTexts()).toEqual([
      'Is anybody there?',
      'The lamp turns.',
      'And the door?',
      'It is open.',
      'And the stairs?',
    ]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('that is sent with the interrupt option stops the running reply, which keeps its text', async () => {
    const { viewer } = await openChat();
    const first = await startReply(viewer, 'Is anybody there?');
    await first.send('The lamp ');
    await viewer.reply('The lamp').waitFor();
    await viewer.page.getByLabel('During a reply:').selectOption('interrupt');
    const second = await startReply(viewer, 'And the door?');
    await viewer.transcript.getByText('Reply stopped.').waitFor();
    await second.send('It is open.');
    await second.finish();
    await viewer.waitForReply('It is open.');
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'The lamp', 'And the door?', 'It is open.']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
