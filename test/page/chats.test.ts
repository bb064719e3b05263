import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type AgentWorld, startAgentWorld } from '../support/chats/agentWorld.js';
import { stepOf } from '../support/chats/narrativeWorld.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';

let world: AgentWorld;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startAgentWorld({ CHAT_TITLES: 'on' });
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

const open = (chatId: string, options = {}) => viewers.open(world.service().api, chatId, options);
const newAssistant = (settings: object) => world.newAgent({ enabledTools: [], ...settings });
const lastRequest = () =>
  world.provider.requests.findLast(({ requestId }) => stepOf(requestId) !== 'title')!.body as unknown as {
    model: string;
    tools?: unknown;
    messages: { role: string; content: string }[];
  };

describe('a person on the page', () => {
  test('starts a chat with an assistant that has no tools, sees which model answers, and changes its instructions', async () => {
    const { chat } = await newAssistant({ title: 'Another chat' });
    const viewer = await open(chat.id);
    await viewer.button('New chat').click();
    const dialog = viewer.dialog('New chat');
    expect(await dialog.getByRole('radio', { name: /^Assistant/ }).isChecked()).toBe(true);
    expect(await dialog.getByRole('checkbox', { name: /calculate/ }).isVisible()).toBe(false);
    await dialog.getByLabel(/^Instructions/).fill('Answer in rhymes.');
    await dialog.getByLabel(/^Model/).fill('rhyming-model');
    await viewer.button('Create chat').click();
    await viewer.page.getByText('Answered by rhyming-model').waitFor();
    world.provider.script(whole('The cat sat on the mat.'), whole('No rhymes now.'));
    await viewer.sendMessage('Say something.');
    await viewer.waitForReply('The cat sat on the mat.');
    expect(lastRequest()).toMatchObject({ model: 'rhyming-model' });
    expect(lastRequest().tools ?? []).toEqual([]);
    await viewer.page.locator('.chat-menu').getByRole('button', { name: 'Settings' }).click();
    await viewer
      .dialog('Settings')
      .getByLabel(/^Instructions/)
      .fill('Answer in prose.');
    await viewer.button('Save').click();
    await viewer.dialog('Settings').waitFor({ state: 'detached' });
    await viewer.sendMessage('And now?');
    await viewer.waitForReply('No rhymes now.');
    expect(lastRequest().messages[0]!.content).toContain('Answer in prose.');
    expect(viewer.problems).toEqual([]);
  }, 120_000);

  test('sees in the list that a chat got a title of its first exchange, and keeps the title that the person gave', async () => {
    const { chat } = await newAssistant({});
    const viewer = await open(chat.id);
    const listed = (title: string) => viewer.page.locator('.chat-title', { hasText: title });
    world.provider.classify(({ name }) =>
      name === 'title' ? { json: { title: '**Title: "Birds that dive."**' } } : undefined,
    );
    await viewer.sendMessage('Which bird dives?');
    await listed('Birds that dive').waitFor();
    await viewer.page.getByRole('heading', { name: 'Birds that dive', exact: true }).waitFor();
    await viewer.button('Rename').click();
    await viewer.dialog('Rename chat').getByRole('textbox').fill('My birds');
    await viewer.button('Save').click();
    await viewer.sendMessage('And which one sings?');
    await listed('My birds').waitFor();
    const titles = world.provider.requests.filter(({ requestId }) => stepOf(requestId) === 'title');
    expect(titles).toHaveLength(1);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('sends messages while the title is not made, and reads the first message as the title where that fails', async () => {
    const { chat } = await newAssistant({});
    const viewer = await open(chat.id);
    world.provider.classify(() => ({ status: 500 }));
    world.provider.script(whole('A cormorant.'), whole('A wren.'));
    await viewer.sendMessage('Which bird dives?');
    await viewer.waitForReply('A cormorant.');
    await viewer.sendMessage('And which one sings?');
    await viewer.waitForReply('A wren.');
    for (const attempt of [1, 2, 3])
      await world.provider.nextRequest(({ requestId }) => requestId?.endsWith(`/title/${attempt}`) ?? false);
    await viewer.page.locator('.chat-title', { hasText: 'Which bird dives?' }).waitFor();
    expect(await world.list(`/v1/chats/${chat.id}/events`)).not.toContainEqual(
      expect.objectContaining({ kind: expect.stringMatching(/chat_titled|step_stuck/) }),
    );
  }, 90_000);

  test('has the next message written into the message box, brings back what was there, and stops it with Escape', async () => {
    const { chat } = await newAssistant({ title: 'Written' });
    const viewer = await open(chat.id);
    await viewer.composer.fill('ask about birds');
    world.provider.script(whole('Which birds ', 'dive?'), { steps: [] });
    await viewer.button('Write my reply').click();
    await viewer.page.getByText('Written by the model.').waitFor();
    expect(await viewer.composer.inputValue()).toBe('Which birds dive?');
    expect(JSON.stringify(lastRequest().messages)).toContain('ask about birds');
    await viewer.button('Undo').click();
    expect(await viewer.composer.inputValue()).toBe('ask about birds');
    world.provider.requests.length = 0;
    await viewer.button('Write my reply').click();
    const call = await world.provider.nextRequest();
    await viewer.composer.press('Escape');
    await call.left();
    await viewer.button('Write my reply').waitFor();
    expect(await viewer.composer.inputValue()).toBe('ask about birds');
    expect(await viewer.messageTexts()).toEqual([]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('finds a message in any chat, and the result opens the chat at the message', async () => {
    const { chat } = await newAssistant({ title: 'Birds' });
    const { chat: other } = await newAssistant({ title: 'Fish' });
    world.provider.script(whole('A cormorant dives.'), ...Array.from({ length: 6 }, (_, n) => whole(`Reply ${n}.`)));
    const birds = await open(chat.id);
    await birds.sendMessage('Which bird dives?');
    await birds.waitForReply('A cormorant dives.');
    for (const n of [0, 1, 2, 3, 4, 5]) {
      await birds.sendMessage(`More ${n}: ${'and more. '.repeat(80)}`);
      await birds.waitForReply(`Reply ${n}.`);
    }
    const viewer = await open(other.id);
    await viewer.page.getByRole('searchbox', { name: 'Search chats' }).fill('cormor');
    await viewer.page.getByRole('region', { name: 'Messages found' }).getByRole('link', { name: /Birds/ }).click();
    const found = viewer.page.locator('.exchange.wanted');
    await found.waitFor();
    expect(await found.textContent()).toContain('A cormorant dives.');
    // Less than a pixel above the edge counts as in view.
    expect((await found.boundingBox())?.y).toBeGreaterThan(-1);
    expect(viewer.problems).toEqual([]);
  }, 120_000);

  test('keeps what was typed and not sent over a reload, for each chat', async () => {
    const { chat } = await newAssistant({});
    const { chat: other } = await newAssistant({});
    const viewer = await open(chat.id);
    await viewer.composer.fill('Not sent yet');
    await viewer.reload();
    expect(await viewer.composer.inputValue()).toBe('Not sent yet');
    await viewer.openChat(other.id);
    expect(await viewer.composer.inputValue()).toBe('');
    await viewer.openChat(chat.id);
    world.provider.script(whole('Now it is.'));
    await viewer.composer.press('Enter');
    await viewer.waitForReply('Now it is.');
    await viewer.reload();
    expect(await viewer.composer.inputValue()).toBe('');
  }, 90_000);

  test('saves a chat to a file, and makes a chat of the file', async () => {
    const { chat } = await newAssistant({ title: 'To be moved' });
    const viewer = await open(chat.id);
    world.provider.script(whole('Kept in a file.'));
    await viewer.sendMessage('Are you kept?');
    await viewer.waitForReply('Kept in a file.');
    const [download] = await Promise.all([viewer.page.waitForEvent('download'), viewer.button('Export').click()]);
    expect(download.suggestedFilename()).toBe('To be moved.jsonl');
    const file = await readFile(await download.path());
    await viewer.page.getByLabel('File of an exported chat').setInputFiles({
      name: 'chat.jsonl',
      mimeType: 'application/x-ndjson',
      buffer: file,
    });
    await viewer.page.locator(`main[data-chat]:not([data-chat="${chat.id}"])`).waitFor();
    await viewer.waitForReply('Kept in a file.');
    expect(await viewer.messageTexts()).toEqual(['Are you kept?', 'Kept in a file.']);
  }, 90_000);

  test('renames and deletes a chat on a phone', async () => {
    const { chat } = await newAssistant({ title: 'Small' });
    const viewer = await open(chat.id, { viewport: { width: 360, height: 740 } });
    await viewer.button('Rename').click();
    await viewer.dialog('Rename chat').getByRole('textbox').fill('Renamed on a phone');
    await viewer.button('Save').click();
    await viewer.page.getByRole('heading', { name: 'Renamed on a phone' }).waitFor();
    await viewer.button('Delete').click();
    await viewer.dialog('Delete this chat?').getByRole('button', { name: 'Delete' }).click();
    await viewer.page.locator(`main[data-chat="${chat.id}"]`).waitFor({ state: 'detached' });
  }, 90_000);
});
