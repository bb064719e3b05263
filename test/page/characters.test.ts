import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readCardFile } from '../../api/narrative/cards/cardFile.js';
import { base64, png, text } from '../support/cards/pngs.js';
import { v3 } from '../support/cards/shapes.js';
import { type NarrativeWorld, startNarrativeWorld } from '../support/chats/narrativeWorld.js';
import { accessibilityViolations, foreignMarkup } from '../support/page/pageAudit.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';

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

const card = (name: string) => ({ ...v3, data: { ...v3.data, name } });
const file = (name: string, type: string, buffer: Buffer) => ({ name, mimeType: type, buffer });

async function openLibrary(viewport = { width: 1280, height: 800 }) {
  const scene = await world.newChat({ guest: null });
  const viewer = await viewers.open(world.service().api, scene.chat.id, { viewport });
  if (viewport.width < 700) await viewer.button('Chats').click();
  await viewer.button('Characters').click();
  return { viewer, library: viewer.dialog('Characters') };
}

test('a card is imported on the page, chats as its character, and is exported with its picture', async () => {
  const { viewer, library } = await openLibrary();
  const image = png(text('ccv3', base64(card('Selma'))));
  await library.getByLabel('Import cards').setInputFiles(file('selma.png', 'image/png', image));
  const row = library.getByRole('region', { name: 'Selma' });
  await row.locator('.avatar img').waitFor();
  expect(await accessibilityViolations(viewer.page)).toEqual([]);

  const download = viewer.page.waitForEvent('download');
  await row.getByRole('button', { name: 'Export: Selma' }).click();
  const exported = await readFile(await (await download).path());
  expect((await download).suggestedFilename()).toBe('Selma.png');
  expect((await readCardFile(exported, undefined)).card.data).toEqual(card('Selma').data);

  world.provider.script(whole('The lamp is lit.'));
  await row.getByRole('button', { name: 'Chat: Selma' }).click();
  await library.waitFor({ state: 'detached' });
  await viewer.waitUntilConnected();
  await viewer.sendMessage('Is the lamp lit?');
  await viewer.waitForReply('The lamp is lit.');
  await viewer.reply('The lamp is lit.').locator('.avatar img').waitFor();
  const calls = world.provider.requests.filter(({ body }) => JSON.stringify(body).includes('Is the lamp lit?'));
  const prompts = calls.map(({ body }) => JSON.stringify(body));
  expect(prompts.some((prompt) => prompt.includes('The lamp burns oil.') && prompt.includes('Stay brief.'))).toBe(true);
  expect(await foreignMarkup(viewer.page)).toEqual([]);
  expect(viewer.problems).toEqual([]);
}, 120_000);

test('a character is created, edited, given a picture, exported and deleted in the library', async () => {
  const { viewer, library } = await openLibrary({ width: 380, height: 740 });
  await library.getByRole('button', { name: 'New character' }).click();
  const form = viewer.dialog('New character');
  await form.getByLabel('Name').fill('Olaf');
  await form.getByRole('button', { name: 'Save' }).click();
  const row = library.getByRole('region', { name: 'Olaf' });
  await row.getByLabel('Picture: Olaf').setInputFiles(file('olaf.png', 'image/png', png()));
  await row.locator('.avatar img').waitFor();

  await row.getByRole('button', { name: 'Edit: Olaf' }).click();
  await viewer.dialog('Edit Olaf').getByLabel('Name').fill('Ole');
  await viewer.dialog('Edit Olaf').getByRole('button', { name: 'Save' }).click();
  const renamed = library.getByRole('region', { name: 'Ole', exact: true });
  expect(await accessibilityViolations(viewer.page)).toEqual([]);

  await renamed.getByRole('button', { name: 'Delete: Ole' }).click();
  await viewer.dialog('Delete Ole?').getByRole('button', { name: 'Delete' }).click();
  await renamed.waitFor({ state: 'detached' });
  expect(viewer.problems).toEqual([]);
}, 120_000);

test('cards are imported by dropping them, and a broken one says what is wrong', async () => {
  const { viewer, library } = await openLibrary();
  const dropped = [card('Runa'), { ...card('Broken'), data: { name: '' } }].map((value) => JSON.stringify(value));
  const transfer = await viewer.page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    ${JSON.stringify(dropped)}.forEach((content, n) =>
      data.items.add(new File([content], n + '.json', { type: 'application/json' })));
    return data;
  })()`);
  await library.locator('.card-drop').dispatchEvent('drop', { dataTransfer: transfer });
  await library.getByRole('region', { name: 'Runa' }).waitFor();
  await viewer.page.getByText('1.json could not be imported. data.name: must not be blank').waitFor();
  // The browser itself reports the refused request.
  expect(viewer.problems.filter((problem) => !problem.includes('400'))).toEqual([]);
}, 120_000);
