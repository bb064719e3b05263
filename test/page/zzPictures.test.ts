import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type NarrativeWorld, startNarrativeWorld } from '../support/chats/narrativeWorld.js';
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

const folder = '/tmp/p16_pics';
const looks = [
  ['desktop', { viewport: { width: 1280, height: 800 } }],
  ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 375, height: 740 } }],
  ['zoom', { viewport: { width: 640, height: 400 } }],
  ['phonedark', { viewport: { width: 375, height: 740 }, colorScheme: 'dark' }],
] as const;
test('pictures', async () => {
  for (const [name, options] of looks) {
    const { chat } = await world.newChat({ guest: null, container: null });
    world.provider.script({
      steps: [{ text: 'She looks up from the lamp.\n\n*The glass is warm.* She went to the' }, ...ending('length')],
    });
    await world.play(chat.id, 'Where did she go?');
    const viewer = await viewers.open(world.service().api, chat.id, options as never);
    await viewer.page.waitForTimeout(300);
    const shot = (what: string) => viewer.page.screenshot({ path: `${folder}/${name}-${what}.png` });
    await shot('actions');
    await act(viewer, 'Edit reply');
    await shot('form');
    await viewer.page.getByLabel('The reply').fill('She looks up from the lamp. *She smiles.*');
    await viewer.page.getByRole('button', { name: 'Save', exact: true }).click();
    await viewer.page.getByText('edited', { exact: true }).waitFor();
    await viewer.page.waitForTimeout(300);
    await shot('edited');
    await viewer.page.locator('.chat-menu').getByRole('button', { name: 'Settings' }).click();
    await viewer.dialog('Settings').waitFor();
    await shot('settings');
  }
}, 180_000);
