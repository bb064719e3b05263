import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type NarrativeWorld, type Scene, startNarrativeWorld, stepOf } from '../support/chats/narrativeWorld.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { type Reply, whole } from '../support/provider/scriptedReply.js';

let world: NarrativeWorld;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startNarrativeWorld();
  await world.service().client.send('PUT', '/v1/you', { name: 'Robin', persona: 'A guest.' });
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
});

type Answer = (scene: Scene) => Record<string, Reply | ((step: string) => Reply | undefined)>;

/** A chat with these answers of classifiers, by their names; the others find nothing. */
async function openChat(answers: Answer = () => ({}), wish: Parameters<NarrativeWorld['newChat']>[0] = {}) {
  const scene = await world.newChat(wish);
  const byName = answers(scene);
  world.provider.classify(({ name, requestId }) => {
    const answer = byName[name];
    return typeof answer === 'function' ? answer(stepOf(requestId)) : answer;
  });
  return { ...scene, viewer: await viewers.open(world.service().api, scene.chat.id) };
}

const meter = (viewer: ViewerPage, name: string) => viewer.page.getByRole('meter', { name, exact: true });
const readingOf = (viewer: ViewerPage, name: string) => meter(viewer, name).getAttribute('aria-valuenow');
const openTab = (viewer: ViewerPage, name: string) => viewer.page.getByRole('tab', { name }).click();
const feelings = (affinityDelta: number, trustDelta: number) => ({ affinityDelta, trustDelta, knowledgeFacts: [] });

describe('the follow-ups of a narrative reply on the page', () => {
  test('are shown with labels while they run', async () => {
    const { viewer, hostId, guestId } = await openChat(() => ({
      state_update: { json: feelings(1, 1), afterMs: 2_000 },
      significance: { json: { score: 1 } },
    }));
    await viewer.sendMessage('Is anybody there?');
    const followUps = viewer.transcript.locator('details').filter({ hasText: /^Background tasks: \d+ of \d+ done/ });
    await followUps.getByRole('progressbar', { name: 'Background tasks' }).waitFor();
    await followUps.locator('summary').click();
    const steps = followUps.getByRole('listitem');
    await steps.filter({ hasText: 'Update relationship: Mira → Tomas' }).filter({ hasText: 'running' }).waitFor();
    await steps.filter({ hasText: 'Save memory' }).filter({ hasText: 'done' }).first().waitFor();
    const words = (await steps.allTextContents()).join('\n');
    expect(words).not.toContain(hostId);
    expect(words).not.toContain(guestId);
    await followUps.waitFor({ state: 'detached' });
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('change relationships and add memories in the panel', async () => {
    const { viewer } = await openChat(
      ({ hostId }) => ({
        state_update: (step) => (step === `state_update:${hostId}>you:0` ? { json: feelings(10, -4) } : undefined),
        significance: { json: { score: 3 } },
      }),
      { guest: null },
    );
    await viewer.page.getByText('All values are neutral').waitFor();
    await openTab(viewer, 'Memories');
    await viewer.page.getByText('No memories yet').waitFor();
    await viewer.sendMessage('I brought you a letter.');
    const pinned = viewer.page.getByRole('region', { name: 'Pinned' }).getByRole('article');
    await pinned.getByText('I brought you a letter.').waitFor();
    await pinned.getByRole('img', { name: 'Importance 3 of 3' }).waitFor();
    await pinned.getByText('Remembered by Mira · the lamp room').waitFor();
    await openTab(viewer, 'People');
    await meter(viewer, 'Affinity of Mira towards Robin').waitFor();
    expect(await readingOf(viewer, 'Affinity of Mira towards Robin')).toBe('60');
    expect(await readingOf(viewer, 'Trust of Mira towards Robin')).toBe('46');
    expect(await readingOf(viewer, 'Affinity of Robin towards Mira')).toBe('50');
    await viewer.reload();
    await meter(viewer, 'Affinity of Mira towards Robin').waitFor();
    expect(await readingOf(viewer, 'Affinity of Mira towards Robin')).toBe('60');
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('end the scene and complete a story event in the panel', async () => {
    let eventId = '';
    const { viewer, path } = await openChat(
      () => ({
        scene_close: { json: { shouldClose: true, reason: '' } },
        scene_summary: { json: { summary: 'They parted as friends.', edges: [], knowledgeFacts: [] } },
        event_lifecycle: () => ({ json: { transitions: [{ eventId, newStatus: 'completed' }] } }),
      }),
      { guest: null },
    );
    await openTab(viewer, 'Story');
    await viewer.page.getByText('No story events yet.').waitFor();
    const { body } = await world.service().client.send<{ id: string }>('POST', `${path}/storyEvents`, {
      title: 'The storm',
      description: 'It comes from the west.',
      status: 'active',
      artifacts: { acquiredObjects: [{ ownerId: 'you', name: 'A brass key' }] },
    });
    eventId = body.id;
    const story = viewer.page.getByRole('region', { name: 'Story events' });
    await story.getByRole('heading', { name: 'Active' }).waitFor();
    await viewer.sendMessage('We are done here.');
    for (const note of ['Completed: The storm', 'A brass key', 'The scene ended.']) {
      await viewer.transcript.getByText(note, { exact: true }).waitFor();
    }
    await story.getByRole('heading', { name: 'Completed' }).waitFor();
    await viewer.page.getByText('No active scene.').waitFor();
    await viewer.page.getByText('1 past scene').click();
    await viewer.page.getByText('They parted as friends.').waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('can add a second reply, in which the other character joins in', async () => {
    world.provider.script(whole('The lamp turns.'), whole('And the door is open.'));
    const { viewer } = await openChat(({ hostId }) => ({
      addressee: { json: { addresseeId: hostId } },
      interjection: { json: { shouldInterject: true, reason: '' } },
    }));
    await viewer.sendMessage('Is anybody there?');
    await viewer.waitForReply('And the door is open.');
    await viewer.reply('The lamp turns.').getByText('Mira', { exact: true }).waitFor();
    const second = viewer.reply('And the door is open.');
    await second.getByText('Tomas', { exact: true }).waitFor();
    await second.getByText('joins in').waitFor();
    expect(await viewer.messageTexts()).toEqual(['Is anybody there?', 'The lamp turns.', 'And the door is open.']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('a stuck step on the page', () => {
  async function openStuck() {
    let isBroken = true;
    const chat = await openChat(
      ({ hostId }) => ({
        state_update: (step) => {
          if (step !== `state_update:${hostId}>you:0`) return undefined;
          return isBroken ? { status: 500 } : { json: feelings(7, 0) };
        },
      }),
      { guest: null },
    );
    await chat.viewer.sendMessage('Is anybody there?');
    const stuck = chat.viewer.transcript.getByRole('group', { name: 'Failed: Update relationship: Mira → Robin' });
    await stuck.getByText('failed after 3 attempts.').waitFor();
    await stuck.getByText('provider_error').waitFor();
    return { ...chat, stuck, repair: () => (isBroken = false) };
  }
  const ended = async (chatId: string) => {
    const { client } = world.service();
    const turnId = (await client.events(chatId)).find(({ kind }) => kind === 'user_turn')?.turnId ?? '';
    return client.awaitTurnEnd(turnId);
  };

  test('shows its error, also after a reload and while a later turn runs, and completes the turn after a retry', async () => {
    const { viewer, chat, stuck, repair } = await openStuck();
    await viewer.reload();
    await stuck.waitFor();
    await viewer.sendMessage('And the door?');
    await viewer.transcript.getByText('A scripted reply.').nth(1).waitFor();
    repair();
    await stuck.first().getByRole('button', { name: 'Retry' }).click();
    await stuck.first().waitFor({ state: 'detached' });
    expect(await ended(chat.id)).toMatchObject({ status: 'completed', warnings: [] });
    await meter(viewer, 'Affinity of Mira towards Robin').and(viewer.page.locator('[aria-valuenow="64"]')).waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('is listed as skipped in the turn details after it was skipped', async () => {
    const { viewer, chat, stuck } = await openStuck();
    await stuck.getByRole('button', { name: 'Skip' }).click();
    await stuck.waitFor({ state: 'detached' });
    expect((await ended(chat.id)).status).toBe('completed');
    await viewer.turnActions().getByRole('button', { name: 'Details' }).click();
    await viewer.page.getByRole('dialog').getByText('Skipped: Update relationship: Mira → Robin.').waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('the greeting of a character on the page', () => {
  test('is shown at once in a new chat, and after the first turn and a reload', async () => {
    const { viewer } = await openChat(() => ({}), { guest: null, host: { greeting: 'Tea or rum, {{user}}?' } });
    const greeting = viewer.reply('Tea or rum, Robin?');
    await greeting.getByText('Mira', { exact: true }).waitFor();
    await viewer.sendMessage('The second, please.');
    await viewer.waitForReply('A scripted reply.');
    const said = ['Tea or rum, Robin?', 'The second, please.', 'A scripted reply.'];
    expect(await viewer.messageTexts()).toEqual(said);
    await viewer.reload();
    await greeting.waitFor();
    expect(await viewer.messageTexts()).toEqual(said);
    expect(await greeting.getByRole('button').count()).toBe(0);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('memories and relationships in the panel of the page', () => {
  test('are written, edited, pinned and removed by a person', async () => {
    const { viewer, path } = await openChat();
    await openTab(viewer, 'Memories');
    await viewer.button('Add memory').click();
    const form = viewer.page.getByRole('form', { name: 'New memory' });
    await form.getByLabel('Memory').fill('The key is under the stone.');
    await form.getByLabel('Importance').selectOption('3');
    await form.getByLabel('Tomas').uncheck();
    await form.getByRole('button', { name: 'Add' }).click();
    const memory = viewer.page.getByRole('article').filter({ hasText: 'The key is under the stone.' });
    await memory.getByText('Remembered by Mira', { exact: true }).waitFor();
    await memory.getByRole('img', { name: 'Importance 3 of 3' }).waitFor();

    await memory.getByRole('button', { name: 'Pin' }).click();
    const pinned = viewer.page.getByRole('region', { name: 'Pinned' }).getByRole('article');
    await pinned.getByRole('button', { name: 'Edit' }).click();
    const edit = viewer.page.getByRole('form', { name: 'Edit memory' });
    await edit.getByLabel('Memory').fill('The key is lost.');
    await edit.getByRole('button', { name: 'Save' }).click();
    await pinned.getByText('The key is lost.').waitFor();
    expect(await world.list(`${path}/memories`)).toMatchObject([
      { text: 'The key is lost.', significance: 3, pinned: true },
    ]);

    await pinned.getByRole('button', { name: 'Unpin' }).click();
    await pinned.waitFor({ state: 'detached' });
    await viewer.page.getByRole('button', { name: 'Remove', exact: true }).click();
    await viewer.dialog('Remove this memory?').getByRole('button', { name: 'Remove memory' }).click();
    await viewer.page.getByText('No memories yet').waitFor();
    expect(await world.list(`${path}/memories`)).toEqual([]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('show the values, the summary and the fact that a person gave a relationship', async () => {
    const { viewer, path, hostId } = await openChat(() => ({}), { guest: null });
    await viewer.button('Edit the relationship of Mira towards Robin').click();
    const form = viewer.page.getByRole('form', { name: 'Relationship of Mira towards Robin' });
    await form.getByLabel('Affinity').fill('80');
    await form.getByLabel('Summary').fill('Fond of the guest.');
    await form.getByLabel('A fact that Mira knows about Robin').fill('Rows at night.');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    await meter(viewer, 'Affinity of Mira towards Robin').and(viewer.page.locator('[aria-valuenow="80"]')).waitFor();
    await viewer.page.getByText('Fond of the guest.').waitFor();
    await viewer.page.getByText('1 known fact about Robin').waitFor();
    expect(await world.list(`${path}/edges`)).toMatchObject([
      { sourceId: hostId, targetId: 'you', affinity: 80, trust: 50, knowledgeFacts: ['Rows at night.'] },
    ]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('a character in the panel of the page', () => {
  test('is edited in a dialog that has its persona and greeting', async () => {
    const { viewer, hostId } = await openChat(() => ({}), { guest: null });
    const { client } = world.service();
    const { body: before } = await client.send<{ persona: string }>('GET', `/v1/characters/${hostId}`);
    await viewer.button('Edit Mira').click();
    const dialog = viewer.dialog('Edit Mira');
    expect(await dialog.getByLabel('Persona').inputValue()).toBe(before.persona);
    await dialog.getByLabel('Greeting').fill('Come in.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await viewer.reload();
    await viewer.button('Edit Mira').click();
    expect(await dialog.getByLabel('Persona').inputValue()).toBe(before.persona);
    expect(await dialog.getByLabel('Greeting').inputValue()).toBe('Come in.');
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
