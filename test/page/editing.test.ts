import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type NarrativeWorld, startNarrativeWorld } from '../support/chats/narrativeWorld.js';
import { accessibilityViolations } from '../support/page/pageAudit.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { ending, whole } from '../support/provider/scriptedReply.js';

let world: NarrativeWorld;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startNarrativeWorld();
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
});

const act = (viewer: ViewerPage, what: string) =>
  viewer.turnActions().getByRole('button', { name: what, exact: true }).click();

/** A chat whose last reply was cut by the length limit. */
async function openCutReply() {
  const { chat } = await world.newChat({ guest: null, container: null });
  world.provider.script({ steps: [{ text: 'She went to the' }, ...ending('length')] });
  await world.play(chat.id, 'Where did she go?');
  return { chat, viewer: await viewers.open(world.service().api, chat.id) };
}

describe('a reply of a narrative chat on the page', () => {
  test('that was cut is continued, and the text so far stays in view meanwhile', async () => {
    const { viewer } = await openCutReply();
    world.provider.script(whole('harbour, ', 'and waited.'));
    await act(viewer, 'Continue reply');
    await viewer.waitForReply('She went to the harbour, and waited.');
    await viewer.page.getByLabel('Versions of this reply').getByText('2 / 2').waitFor();
    const texts = viewer.replyStates.flatMap(({ text }) => (text ? [text] : []));
    expect(texts.every((text) => text.startsWith('She went to the'))).toBe(true);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('is edited in a form that Escape closes without a change', async () => {
    const { viewer } = await openCutReply();
    await act(viewer, 'Edit reply');
    const box = viewer.page.getByLabel('The reply');
    expect(await box.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    expect(await accessibilityViolations(viewer.page)).toEqual([]);
    await box.fill('Other.');
    await box.press('Escape');
    await viewer.reply('She went to the').waitFor();
    await act(viewer, 'Edit reply');
    await box.fill('She went home.');
    await box.press('Control+Enter');
    await viewer.waitForReply('She went home.');
    expect(await viewer.messageTexts()).toEqual(['Where did she go?', 'She went home.']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('the settings of a narrative chat', () => {
  test('are shown and changed in a dialog, and reach the provider with the next message', async () => {
    const { viewer, chat } = await openCutReply();
    const open = () => viewer.page.locator('.chat-menu').getByRole('button', { name: 'Settings' }).click();
    await open();
    const dialog = viewer.dialog('Settings');
    await dialog.getByLabel('Top P').fill('0.9');
    await dialog.getByLabel('Texts that end a reply').fill('\n\nYou:\nThe end');
    expect(await accessibilityViolations(viewer.page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const { turn } = await world.play(chat.id, 'And then?');
    const [reply] = world.callsOf(turn.id).filter(({ step }) => step === 'reply:0');
    expect(reply?.call.body).toMatchObject({ top_p: 0.9, stop: ['You:', 'The end'] });
    await open();
    expect(await dialog.getByLabel('Top P').inputValue()).toBe('0.9');
    await dialog.getByLabel('Top P').fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await world.service().client.getChat(chat.id)).settings).toEqual({ stop: ['You:', 'The end'] });
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
