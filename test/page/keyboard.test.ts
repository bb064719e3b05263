import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startReply, startViewers, type Viewers, waitUntilIdle } from '../support/page/viewers.js';
import { type ScriptedService, startScriptedService } from '../support/service/scriptedService.js';
import { until } from '../support/until.js';

let world: ScriptedService;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startScriptedService({ REPLY_ATTEMPTS: '6' });
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

async function open(options: Parameters<Viewers['open']>[2] = {}) {
  const chat = await world.service.client.newChat();
  return { chatId: chat.id, viewer: await viewers.open(world.service.api, chat.id, options) };
}

const focused = (viewer: ViewerPage) => viewer.page.evaluate<string>('document.activeElement.id');

describe('the keyboard on the page', () => {
  test('is in the message box after a chat is opened and after a message is sent', async () => {
    const { viewer } = await open();
    await viewer.page.locator('#composer-text:focus').waitFor();
    await viewer.page.keyboard.type('Is anybody there?');
    await viewer.button('Send').click();
    await viewer.waitForReply('A scripted reply.');
    expect(await focused(viewer)).toBe('composer-text');
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('stops the running reply with Escape, and keeps its text', async () => {
    const { viewer } = await open();
    const call = await startReply(world.provider, viewer, 'Is anybody there?');
    await call.send('The lamp turns, ');
    await viewer.reply('The lamp turns,').waitFor();
    await viewer.page.keyboard.press('Escape');
    await viewer.transcript.getByText('Reply stopped.').waitFor();
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'The lamp turns,']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('lists its shortcuts with ?, which is text in the message box', async () => {
    const { viewer } = await open();
    await viewer.page.keyboard.type('?');
    expect(await viewer.composer.inputValue()).toBe('?');
    await viewer.transcript.focus();
    await viewer.page.keyboard.press('?');
    await viewer.dialog('Keyboard shortcuts').getByText('Stop the reply').waitFor();
    await viewer.page.keyboard.press('Escape');
    await viewer.dialog('Keyboard shortcuts').waitFor({ state: 'detached' });
    await viewer.page.keyboard.press('Shift+Escape');
    expect(await focused(viewer)).toBe('composer-text');
    await viewer.page.keyboard.press('Control+Shift+O');
    await viewer.dialog('New chat').waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('edits the last message with the arrow up, and leaves the edit with Escape', async () => {
    const { viewer, chatId } = await open();
    await viewer.sendMessage('one');
    await viewer.waitForReply('A scripted reply.');
    await waitUntilIdle(world.service.client, chatId);
    await viewer.button('Regenerate').waitFor();
    await viewer.composer.press('ArrowUp');
    const box = viewer.page.getByLabel('Your message');
    expect(await box.inputValue()).toBe('one');
    await box.press('Escape');
    await box.waitFor({ state: 'detached' });
    expect(await focused(viewer)).toBe('composer-text');
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('the settings of the page', () => {
  const settings = async (viewer: ViewerPage) => {
    await viewer.button('Settings').click();
    return viewer.dialog('Settings');
  };

  test('choose the colours, also after a reload', async () => {
    const { viewer } = await open({ colorScheme: 'light' });
    const paper = () => viewer.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await (await settings(viewer)).getByLabel('Dark').check();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await viewer.reload();
    expect(await paper()).toBe(dark);
    await (await settings(viewer)).getByLabel('As the system').check();
    expect(await paper()).toBe(light);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('hide what only developers and operators need', async () => {
    const { viewer, chatId } = await open();
    await viewer.sendMessage('one');
    await viewer.waitForReply('A scripted reply.');
    await waitUntilIdle(world.service.client, chatId);
    await viewer
      .turnActions()
      .getByRole('link', { name: /^Workflow/ })
      .waitFor();
    await (await settings(viewer)).getByLabel(/^Show what developers/).uncheck();
    await viewer.page.keyboard.press('Escape');
    expect(await viewer.page.getByRole('link', { name: /Workflow|Metrics|API/ }).count()).toBe(0);
    await viewer.turnActions().getByRole('button', { name: 'Details' }).click();
    await viewer.dialog('Turn details').getByRole('table').waitFor();
    expect(await viewer.dialog('Turn details').locator('code, a').count()).toBe(0);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

/** The page's policy allows no code from strings, which a wait in the page would need. */
const untilTitled = (viewer: ViewerPage, title: string) =>
  until(`the title ${title}`, async () => ((await viewer.page.title()) === title ? true : null));

describe('a reply that ends while its reader is elsewhere', () => {
  test('is counted in the title of the tab until the tab is shown', async () => {
    const { viewer } = await open();
    const title = await viewer.page.title();
    const setHidden = (isHidden: boolean) =>
      viewer.page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
        document.dispatchEvent(new Event('visibilitychange'))`);
    const call = await startReply(world.provider, viewer, 'Is anybody there?');
    await call.send('The lamp ');
    await viewer.reply('The lamp').waitFor();
    await setHidden(true);
    await viewer.page.evaluate(
      `{ const now = performance.now.bind(performance); performance.now = () => now() + 10_000; }`,
    );
    await call.send('turns.');
    await call.finish();
    await viewer.waitForReply('The lamp turns.');
    await untilTitled(viewer, `(1) ${title}`);
    await setHidden(false);
    await untilTitled(viewer, title);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('a failure on the page', () => {
  test('says why and what to do, and is tried again by its button', async () => {
    world.provider.script(() => ({
      status: 400,
      body: { error: { code: 'context_length_exceeded', message: 'too long', type: 'invalid_request_error' } },
    }));
    const { viewer, chatId } = await open();
    await viewer.sendMessage('one');
    const box = viewer.page.locator('.failure');
    await box.getByText("longer than the model's context window").waitFor();
    await box.getByText('You can also fork this chat at an earlier message.').waitFor();
    await waitUntilIdle(world.service.client, chatId);
    world.provider.unscript();
    await box.getByRole('button', { name: 'Try again' }).click();
    await viewer.waitForReply('A scripted reply.');
    await box.waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual(['one', 'A scripted reply.']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('that is tried again by itself says how often', async () => {
    const { viewer } = await open();
    world.provider.script(
      { status: 503, body: { error: { message: 'busy' } }, headers: { 'retry-after': '3' } },
      { steps: [] },
    );
    await viewer.sendMessage('one');
    await viewer.transcript.getByText('Trying again (2 of 6)').waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
