import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startReply, startViewers, type Viewers, waitUntilIdle } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';
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

const client = () => world.service.client;

/** A chat in which these things were said and answered, "Reply to …" each, as a viewer has it open. */
async function openChat(...texts: string[]) {
  const chat = await client().newChat();
  world.provider.script(({ body }) => whole('Reply to ', String(body.messages.at(-1)?.content ?? '').trim()));
  const turnIds: string[] = [];
  for (const text of texts) {
    const { id } = await client().postTurn(chat.id, text);
    await client().awaitTurnEnd(id, 60_000);
    turnIds.push(id);
  }
  const viewer = await viewers.open(world.service.api, chat.id);
  return { viewer, chatId: chat.id, turnIds };
}

const act = (viewer: ViewerPage, what: string, n?: number) =>
  viewer.turnActions(n).getByRole('button', { name: what, exact: true }).click();

describe('a reply on the page', () => {
  test('is regenerated, and the user switches between its versions', async () => {
    const { viewer, turnIds } = await openChat('one', 'two');
    await viewer.waitForReply('Reply to two');
    world.provider.script(whole('Another ', 'reply.'));
    await act(viewer, 'Regenerate');
    await viewer.waitForReply('Another reply.');
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two', 'Another reply.']);

    const versions = viewer.page.getByLabel('Versions of this reply');
    await versions.getByText('2 / 2').waitFor();
    await versions.getByRole('button', { name: 'Previous version' }).click();
    await viewer.waitForReply('Reply to two');
    await versions.getByText('1 / 2').waitFor();
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two', 'Reply to two']);
    expect((await client().getTurn(turnIds[1] ?? '')).status).toBe('completed');

    await viewer.reload();
    await versions.getByRole('button', { name: 'Next version' }).click();
    await viewer.waitForReply('Another reply.');
    await versions.getByText('2 / 2').waitFor();
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two', 'Another reply.']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('is edited by hand, also an earlier one, and the old text is a version of it', async () => {
    const { viewer } = await openChat('one', 'two');
    await viewer.waitForReply('Reply to two');
    await act(viewer, 'Edit reply', 0);
    const box = viewer.page.getByLabel('The reply');
    expect(await box.inputValue()).toBe('Reply to one');
    await box.fill('What I would have said.');
    await viewer.page.getByRole('button', { name: 'Save', exact: true }).click();
    await viewer.reply('What I would have said.').waitFor();
    expect(await viewer.messageTexts()).toEqual(['one', 'What I would have said.', 'two', 'Reply to two']);
    await viewer.page.getByText('edited', { exact: true }).waitFor();

    await viewer.reload();
    await viewer.reply('What I would have said.').waitFor();
    const versions = viewer.page.getByLabel('Versions of this reply');
    await versions.getByText('2 / 2').waitFor();
    await versions.getByRole('button', { name: 'Previous version' }).click();
    await viewer.reply('Reply to one').waitFor();
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two', 'Reply to two']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('that is regenerated stays visible until the new version has text', async () => {
    const { viewer } = await openChat('one');
    world.driveReplies();
    world.provider.requests.length = 0;
    await act(viewer, 'Regenerate');
    const call = await world.provider.nextRequest(undefined, 30_000);
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one']);
    await call.send('Another ');
    await viewer.reply('Another').waitFor();
    expect(await viewer.messageTexts()).toEqual(['one', 'Another']);
    await call.send('reply.');
    await call.finish();
    await viewer.waitForReply('Another reply.');
    expect(await viewer.messageTexts()).toEqual(['one', 'Another reply.']);
  }, 90_000);
});

describe('a message on the page', () => {
  const edit = async (viewer: ViewerPage, text: string, n?: number) => {
    await act(viewer, 'Edit', n);
    const box = viewer.page.getByLabel('Your message');
    expect(await box.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await box.fill(text);
    await viewer.button('Save and resend').click();
  };

  const undoBanner = (viewer: ViewerPage) => viewer.page.getByText('The messages after your edit were removed.');
  const all = ['one', 'Reply to one', 'two', 'Reply to two', 'three', 'Reply to three'];

  test('that is edited shows its new text at once, and the version before brings back what followed', async () => {
    const { viewer } = await openChat('one', 'two', 'three');
    world.driveReplies();
    world.provider.requests.length = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await viewer.page.route('**/rewind', async (route) => {
      await held;
      await route.continue();
    });
    await edit(viewer, 'only', 0);
    await viewer.transcript.getByText('only', { exact: true }).waitFor();
    expect(await viewer.messageTexts()).toEqual(['only']);
    release();
    const call = await world.provider.nextRequest(undefined, 30_000);
    expect(await viewer.messageTexts()).toEqual(['only']);
    await call.send('Just one.');
    await call.finish();
    await viewer.waitForReply('Just one.');
    await undoBanner(viewer).waitFor();
    await viewer.reload();
    await undoBanner(viewer).waitFor();
    expect(await viewer.messageTexts()).toEqual(['only', 'Just one.']);

    await viewer.button('Previous version').click();
    await viewer.waitForReply('Reply to three');
    await undoBanner(viewer).waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual(all);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('that was edited is as before after a click on Undo', async () => {
    const { viewer, chatId } = await openChat('one', 'two', 'three');
    await edit(viewer, 'only', 0);
    await viewer.waitForReply('Reply to only');
    await waitUntilIdle(client(), chatId);
    await viewer.button('Undo').click();
    await viewer.waitForReply('Reply to three');
    expect(await viewer.messageTexts()).toEqual(all);
    await viewer.reload();
    await viewer.waitForReply('Reply to three');
    expect(await viewer.messageTexts()).toEqual(all);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('whose edit is refused has its old text again, and the form keeps the new one', async () => {
    const { viewer } = await openChat('one', 'two');
    const body = JSON.stringify({ title: 'No', detail: 'Not now.', status: 409, code: 'turn_in_progress', type: 'x' });
    await viewer.page.route('**/regenerate', (route) =>
      route.fulfill({ status: 409, contentType: 'application/problem+json', body }),
    );
    await edit(viewer, 'two and a half');
    await viewer.page.getByText('A reply is being written. Stop it, or wait until it ends.').waitFor();
    expect(await viewer.page.getByLabel('Your message').inputValue()).toBe('two and a half');
    await viewer.button('Cancel').click();
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two', 'Reply to two']);
  }, 90_000);

  test('that is the last one is edited and answered again', async () => {
    const { viewer } = await openChat('one', 'two');
    await edit(viewer, 'two and a half');
    await viewer.waitForReply('Reply to two and a half');
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two and a half', 'Reply to two and a half']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('that is not the last one is edited, and later messages are removed', async () => {
    const { viewer } = await openChat('one', 'two', 'three');
    await edit(viewer, 'only', 0);
    await viewer.waitForReply('Reply to only');
    expect(await viewer.messageTexts()).toEqual(['only', 'Reply to only']);
    await viewer.reload();
    await viewer.waitForReply('Reply to only');
    expect(await viewer.messageTexts()).toEqual(['only', 'Reply to only']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('a rewind on the page', () => {
  test('shows in advance what it removes, and is undone after a reload', async () => {
    const { viewer, chatId } = await openChat('one', 'two', 'three');
    const before = await client().events(chatId);
    const toSeq = (before.find(({ kind, data }) => kind === 'user_turn' && data.text === 'two')?.seq ?? 0) - 1;
    const { body: preview } = await client().send<{ totalEvents: number }>(
      'GET',
      `/v1/chats/${chatId}/rewind/preview?toSeq=${toSeq}`,
    );
    await act(viewer, 'Rewind to here', 0);
    const dialog = viewer.dialog('Rewind to here');
    await dialog.getByText('2 messages from you').waitFor();
    const lines = await dialog.getByRole('listitem').allTextContents();
    expect(lines).toEqual(expect.arrayContaining(['2 messages from you', '2 replies', '2 memories']));
    const counts = lines.map((line) => Number.parseInt(line, 10));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(preview.totalEvents);
    await dialog.getByRole('button', { name: 'Rewind' }).click();

    const banner = viewer.page.getByText('The chat was rewound to this point.');
    await banner.waitFor();
    await viewer.transcript.getByText('Reply to two').waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one']);
    await viewer.reload();
    await banner.waitFor();
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one']);

    await viewer.button('Undo').click();
    await viewer.waitForReply('Reply to three');
    await banner.waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual([
      'one',
      'Reply to one',
      'two',
      'Reply to two',
      'three',
      'Reply to three',
    ]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('removes a message that was sent during the follow-ups of the reply that is kept', async () => {
    const { viewer, chatId } = await openChat();
    world.provider.classify(({ name }) =>
      name === 'significance' ? { json: { score: 1 }, afterMs: 1_000 } : undefined,
    );
    await viewer.sendMessage('one');
    await viewer.waitForReply('Reply to one');
    await viewer.sendMessage('two');
    await viewer.waitForReply('Reply to two');
    await waitUntilIdle(client(), chatId);
    await act(viewer, 'Rewind to here', 0);
    await viewer.dialog('Rewind to here').getByRole('button', { name: 'Rewind' }).click();
    await viewer.page.getByText('The chat was rewound to this point.').waitFor();
    await viewer.transcript.getByText('Reply to two').waitFor({ state: 'detached' });
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one']);
  }, 90_000);

  test('can’t be undone after another message was sent', async () => {
    const { viewer } = await openChat('one', 'two');
    await act(viewer, 'Rewind to here', 0);
    await viewer.dialog('Rewind to here').getByRole('button', { name: 'Rewind' }).click();
    await viewer.page.getByText('The chat was rewound to this point.').waitFor();
    await viewer.sendMessage('three');
    await viewer.waitForReply('Reply to three');
    expect(await viewer.button('Undo').count()).toBe(0);
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'three', 'Reply to three']);
  }, 90_000);
});

describe('a fork on the page', () => {
  test('opens as a copy up to the chosen turn, and does not change the original chat', async () => {
    const { viewer, chatId } = await openChat('one', 'two');
    const before = await client().events(chatId);
    await act(viewer, 'Fork', 0);
    await viewer.transcript.getByText('Reply to two').waitFor({ state: 'detached' });
    await viewer.waitForReply('Reply to one');
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one']);
    expect(viewer.page.url()).not.toContain(chatId);
    await viewer.waitUntilConnected();
    await viewer.sendMessage('three');
    await viewer.waitForReply('Reply to three');

    expect(await client().events(chatId)).toEqual(before);
    await viewer.page.goBack();
    await viewer.waitForReply('Reply to two');
    expect(await viewer.messageTexts()).toEqual(['one', 'Reply to one', 'two', 'Reply to two']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('the details of a turn on the page', () => {
  test('list its steps and token usage, and link to its workflow in the Temporal UI', async () => {
    const { viewer, turnIds } = await openChat('one');
    const turn = (await client().getTurn(turnIds[0] ?? '')) as {
      temporalUiUrl?: string;
      steps: { name: string }[];
      usage: { promptTokens: number; completionTokens: number };
    };
    expect(turn.temporalUiUrl).toContain(turnIds[0]);
    await act(viewer, 'Details');
    const dialog = viewer.dialog('Turn details');
    await dialog.getByRole('table').waitFor();
    const names = await dialog.getByRole('row').locator('code.step-name').allTextContents();
    expect(names).toEqual(turn.steps.map(({ name }) => name));
    await dialog.getByText(/^Update relationship: Mira → /).waitFor();
    await dialog.getByText(`${turn.usage.promptTokens} in, ${turn.usage.completionTokens} out`).waitFor();
    expect(await dialog.getByRole('link').getAttribute('href')).toBe(turn.temporalUiUrl);
    await viewer.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const link = viewer.turnActions().getByRole('link', { name: /Workflow/ });
    expect(await link.getAttribute('href')).toBe(turn.temporalUiUrl);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('the page of a chat that does not exist', () => {
  test('shows an error and a link to the latest chat', async () => {
    const { chatId } = await openChat('one');
    const viewer = await viewers.open(world.service.api, null);
    await viewer.waitUntilConnected();
    await viewer.page.goto(`${world.service.api}/#chat_nowhere`);
    await viewer.page.getByRole('alert').getByText('There is no such chat').waitFor();
    expect(await viewer.page.locator('.connection, #panel, #composer-text').count()).toBe(0);
    await viewer.page.getByRole('link', { name: 'Open your latest chat' }).click();
    await viewer.waitForReply('Reply to one');
    expect(viewer.page.url()).toBe(`${world.service.api}/#${chatId}`);
  }, 60_000);
});

describe('two pages of one chat', () => {
  test('show the same reply, regeneration, queued turn and rewind', async () => {
    const { viewer: one, chatId } = await openChat();
    const two = await viewers.open(world.service.api, chatId, { beside: one });
    const call = await startReply(world.provider, one, 'Is anybody there?');
    await call.send('The lamp ');
    await Promise.all([one, two].map((viewer) => viewer.reply('The lamp').waitFor()));
    await call.send('turns.');
    await call.finish();
    await Promise.all([one, two].map((viewer) => viewer.waitForReply('The lamp turns.')));
    expect(await two.messageTexts()).toEqual(await one.messageTexts());

    world.provider.unscript();
    await waitUntilIdle(client(), chatId);
    await one.turnActions().getByRole('button', { name: 'Regenerate' }).click();
    await Promise.all([one, two].map((viewer) => viewer.waitForReply('A scripted reply.')));
    await two.sendMessage('And the door?');
    await Promise.all([one, two].map((viewer) => viewer.transcript.getByText('And the door?').waitFor()));
    await two.page.locator('.beat:not(.streaming)').nth(1).waitFor();
    expect(await two.messageTexts()).toEqual([
      'Is anybody there?',
      'A scripted reply.',
      'And the door?',
      'A scripted reply.',
    ]);

    await waitUntilIdle(client(), chatId);
    await one.turnActions(0).getByRole('button', { name: 'Rewind to here' }).click();
    await one.dialog('Rewind to here').getByRole('button', { name: 'Rewind' }).click();
    await Promise.all(
      [one, two].map((viewer) => viewer.transcript.getByText('And the door?').waitFor({ state: 'detached' })),
    );
    await two.page.getByText('The chat was rewound to this point.').waitFor();
    expect(await two.messageTexts()).toEqual(['Is anybody there?', 'A scripted reply.']);
    expect([...one.problems, ...two.problems]).toEqual([]);
  }, 120_000);
});
