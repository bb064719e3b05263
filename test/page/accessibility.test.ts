import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../client/src/index.js';
import { errors, strings as german } from '../../web/strings/de.js';
import { block, type DocumentResource } from '../support/chats/documents.js';
import { type NarrativeWorld, startNarrativeWorld } from '../support/chats/narrativeWorld.js';
import { englishTexts } from '../support/page/englishWords.js';
import { accessibilityViolations, openAllDetails } from '../support/page/pageAudit.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startReply, startViewers, type Viewers } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';
import {
  chunk,
  done,
  frame,
  type ScriptedUpstream,
  startScriptedUpstream,
  streaming,
} from '../support/provider/scriptedUpstream.js';

let world: NarrativeWorld;
let upstream: ScriptedUpstream;
let viewers: Viewers;

beforeAll(async () => {
  [viewers, upstream] = await Promise.all([startViewers(), startScriptedUpstream()]);
  world = await startNarrativeWorld({ UPSTREAM_BASE_URL: upstream.baseUrl, STUCK_AFTER_ATTEMPTS: '1' });
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
  await upstream?.close();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
  world.provider.requests.length = 0;
});

const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 800 };
/** The wide screen at a zoom of 200 %: half as many CSS pixels. */
const zoomed = { width: 640, height: 400 };
const open = (chatId: string) => viewers.open(world.service().api, chatId);
const send = async <T = Chat>(path: string, body: object) =>
  (await world.service().client.send<T>('POST', path, body)).body;

/** In the light and in the dark, on a desk, on a phone and at a zoom of 200 %. */
async function expectAccessible(viewer: ViewerPage, what: string): Promise<void> {
  const faults: string[] = [];
  for (const size of [narrow, zoomed, wide]) {
    await viewer.page.setViewportSize(size);
    for (const colorScheme of ['dark', 'light'] as const) {
      await viewer.page.emulateMedia({ colorScheme });
      const found = await accessibilityViolations(viewer.page);
      faults.push(...found.map((fault) => `${what}, ${colorScheme}, ${size.width}: ${fault}`));
    }
  }
  expect(faults).toEqual([]);
}

/** Each of the panel's tabs, with all that is folded in it. */
async function expectPanelAccessible(viewer: ViewerPage): Promise<void> {
  const tabs = viewer.page.getByRole('tab');
  const labels = await tabs.allTextContents();
  for (const label of labels) {
    await viewer.page.setViewportSize(wide);
    await viewer.page.getByRole('tab', { name: label }).click();
    await viewer.page.getByText('Loading…').first().waitFor({ state: 'hidden' });
    await openAllDetails(viewer.page);
    await expectAccessible(viewer, label);
  }
  if (labels.length === 0) await expectAccessible(viewer, 'panel');
}

const closePanel = (viewer: ViewerPage) => viewer.page.locator('.chat-head [aria-controls=panel]').click();

describe('the page has no accessibility violations', () => {
  test('in an empty chat, during a reply, after it and with stuck steps', async () => {
    const { chat } = await world.newChat();
    world.provider.classify(({ name }) => (name === 'state_update' ? { status: 500 } : undefined));
    const viewer = await open(chat.id);
    await closePanel(viewer);
    await expectAccessible(viewer, 'empty chat');
    const call = await startReply(world.provider, viewer, 'Is anybody there?');
    await call.send(
      'The **lamp** turns, with a [link](https://example.org), `code`\n\n> and a quote\n\n1. and a list\n\n' +
        '## A title\n\n- [x] done\n- [ ] open\n\n| a | b |\n|--|--:|\n| 1 | 2 |\n\n```js\nconst a = "b"; // c\n```\n\n$x^2$\n\n',
    );
    await viewer.transcript.getByText('and a list').waitFor();
    await viewer.sendMessage('And the door?');
    await viewer.transcript.getByText('Queued').waitFor();
    await expectAccessible(viewer, 'streaming');
    world.provider.unscript();
    world.provider.classify(({ name }) => (name === 'state_update' ? { status: 500 } : undefined));
    await call.finish();
    await viewer.waitForReply('A scripted reply.');
    await viewer.button('Skip').nth(11).waitFor();
    await expectAccessible(viewer, 'stuck steps');
  }, 120_000);

  test('in the panel of a narrative chat', async () => {
    const { chat, path } = await world.newChat();
    const event = await send<{ id: string }>(`${path}/storyEvents`, {
      title: 'The storm',
      description: 'It comes.',
      status: 'active',
      artifacts: { acquiredObjects: [{ ownerId: 'you', name: 'a key' }] },
    });
    world.provider.classify(({ name }) => {
      if (name === 'state_update') return { json: { affinityDelta: -9, trustDelta: 9, knowledgeFacts: ['Is kind.'] } };
      if (name === 'significance') return { json: { score: 3 } };
      if (name === 'event_lifecycle') return { json: { transitions: [{ eventId: event.id, newStatus: 'completed' }] } };
      return undefined;
    });
    await world.play(chat.id);
    await expectPanelAccessible(await open(chat.id));
  }, 120_000);

  test('in the panels of a document, an agent and a relay', async () => {
    const document = await send<DocumentResource>('/v1/documents', { title: 'Tale', body: 'The cat sat. The end.' });
    const anchor = { quote: 'The end.' };
    const thread = await send('/v1/chats', { kind: 'document', documentId: document.id, anchor });
    world.provider.script(whole('Gladly. ', block('cat', 'dog'), block('cat sat', 'cat lay'), block('end', 'End')));
    await world.play(thread.id, 'A dog, please.', { quote: 'The cat' });
    const [first] = await world.list(`/v1/documents/${document.id}/changes`);
    await send(`/v1/changes/${first?.id}/accept`, {});
    const viewer = await open(thread.id);
    await viewer.page.getByText('outdated').first().waitFor();
    await openAllDetails(viewer.page);
    await expectPanelAccessible(viewer);

    const agent = await send('/v1/chats', { kind: 'agent', systemPrompt: 'Help.', model: 'thinker' });
    const plan = { recordType: 'gene', root: { id: '1', searchName: 'All' }, metadata: { name: 'All' } };
    await send(`/v1/chats/${agent.id}/events`, { kind: 'graph_plan', data: { plan } });
    await viewer.page.setViewportSize(wide);
    await viewer.openChat(agent.id);
    await expectPanelAccessible(viewer);

    const relay = await send('/v1/chats', { kind: 'relay', persona: 'guide' });
    const meta = frame({ type: 'meta', used_tools: ['sql'], rows_seen: 3, classifier_tag: 'data' });
    upstream.script(streaming(chunk('See [[One]].'), meta, done()));
    await world.play(relay.id);
    await viewer.page.setViewportSize(wide);
    await viewer.openChat(relay.id);
    await expectPanelAccessible(viewer);
  }, 120_000);

  test('in its dialogs and in the list of chats on a phone', async () => {
    const { chat } = await world.newChat({ guest: null });
    await world.play(chat.id, 'one');
    await world.play(chat.id, 'two');
    const viewer = await open(chat.id);
    const inDialog = async (what: string) => {
      await viewer.page.getByRole('dialog').waitFor();
      await expectAccessible(viewer, what);
      await viewer.page.keyboard.press('Escape');
      await viewer.page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await viewer.button('Edit your profile').click();
    await inDialog('you');
    await viewer.button('Edit Mira').click();
    await inDialog('character');
    await viewer.turnActions(0).getByRole('button', { name: 'Rewind to here' }).click();
    await viewer.dialog('Rewind to here').getByRole('listitem').first().waitFor();
    await inDialog('rewind');
    await viewer.turnActions().getByRole('button', { name: 'Details' }).click();
    await viewer.page.getByRole('dialog').getByRole('table').waitFor();
    await inDialog('details');
    for (const kind of ['Role-play', 'Document', 'Agent', 'Relay']) {
      await viewer.button('New chat').click();
      await viewer.page.getByRole('radio', { name: new RegExp(`^${kind}`) }).check();
      await inDialog(`new chat: ${kind}`);
    }
    for (const what of ['Rename', 'Delete']) {
      await viewer.page.locator('.chat-names').hover();
      await viewer.button(what).click();
      await inDialog(what);
    }
    await closePanel(viewer);
    await viewer.page.setViewportSize(narrow);
    await viewer.button('Chats').click();
    expect(await accessibilityViolations(viewer.page)).toEqual([]);
  }, 120_000);
});

describe('a keyboard user of the page', () => {
  const focused = (viewer: ViewerPage) => viewer.page.evaluate<string>('document.activeElement.id');

  test('reaches the composer with Tab, starts a line with Shift+Enter and sends with Enter', async () => {
    const { chat } = await world.newChat({ guest: null });
    const viewer = await open(chat.id);
    const { keyboard } = viewer.page;
    let presses = 0;
    for (; (await focused(viewer)) !== 'composer-text' && presses < 60; presses++) await keyboard.press('Tab');
    expect(presses).toBeLessThan(60);
    await keyboard.type('Is anybody');
    await keyboard.press('Shift+Enter');
    await keyboard.type('there?');
    expect(await viewer.composer.inputValue()).toBe('Is anybody\nthere?');
    await keyboard.press('Enter');
    await viewer.waitForReply('A scripted reply.');
    expect(await viewer.messageTexts()).toEqual(['Is anybody\nthere?', 'A scripted reply.']);
    expect(await focused(viewer)).toBe('composer-text');
  }, 90_000);

  test('keeps the focus in an open dialog, and gets it back on the opener when the dialog closes', async () => {
    const { chat } = await world.newChat({ guest: null });
    const viewer = await open(chat.id);
    const { keyboard } = viewer.page;
    const opener = viewer.button('New chat');
    await opener.focus();
    await keyboard.press('Enter');
    await viewer.dialog('New chat').waitFor();
    const outside = () =>
      viewer.page.evaluate<boolean>(
        "!document.activeElement.closest('dialog') && document.activeElement !== document.body",
      );
    for (let presses = 0; presses < 30; presses++) {
      expect(await outside()).toBe(false);
      await keyboard.press('Tab');
    }
    await keyboard.press('Escape');
    await viewer.dialog('New chat').waitFor({ state: 'detached' });
    expect(await opener.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  }, 90_000);
});

describe('a screen reader user of the page', () => {
  test('hears a reply once, when it is complete, and not token by token', async () => {
    const { chat } = await world.newChat({ guest: null });
    const viewer = await open(chat.id);
    const call = await startReply(world.provider, viewer, 'Is anybody there?');
    const words = Array.from({ length: 30 }, (_, n) => `word ${n}`);
    for (const word of words) await call.send(`${word} `);
    await viewer.reply(words.join(' ')).waitFor();
    await call.send('end.');
    await call.finish();
    await viewer.waitForReply(`${words.join(' ')} end.`);
    await viewer.page
      .getByRole('log')
      .filter({ hasText: /end\.$/ })
      .waitFor({ state: 'attached' });
    expect(viewer.announcements).toEqual(['Mira is replying.', `Mira: ${words.join(' ')} end.`]);
  }, 90_000);
});

describe('the page in German', () => {
  const langOf = (viewer: ViewerPage) => viewer.page.evaluate<string>('document.documentElement.lang');

  test('has no English words in a turn, a rewind, an error and the dialogs, and is German after a reload', async () => {
    const { chat } = await world.newChat({ guest: null });
    await world.play(chat.id, 'eins');
    const viewer = await open(chat.id);
    const { page } = viewer;
    const inGerman = async (what: string) => {
      expect({ what, english: await englishTexts(page) }).toEqual({ what, english: [] });
      expect({ what, violations: await accessibilityViolations(page) }).toEqual({ what, violations: [] });
    };
    const send = async (text: string) => {
      await page.locator('#composer-text').fill(text);
      await page.keyboard.press('Enter');
    };
    expect(await langOf(viewer)).toBe('en');
    expect(await englishTexts(page)).toContain('Send');
    await viewer.button('Settings').click();
    await page.getByRole('radio', { name: 'Deutsch' }).check();
    await page.getByRole('dialog', { name: german.common.settings }).waitFor();
    expect(await langOf(viewer)).toBe('de');
    await inGerman('settings');
    await viewer.button(german.shortcuts.title).click();
    await page.getByRole('dialog', { name: german.shortcuts.title }).waitFor();
    await inGerman('shortcuts');
    await page.keyboard.press('Escape');

    await send('zwei');
    await page.locator('.exchange').nth(1).getByRole('button', { name: german.message.regenerate }).waitFor();
    await openAllDetails(page);
    await inGerman('chat');
    await page.getByRole('button', { name: german.message.rewind }).first().click();
    await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    await inGerman('rewind');
    await page.getByRole('dialog').getByRole('button', { name: german.rewind.action }).click();
    await page.getByText(german.rewind.rewound).waitFor();
    await inGerman('rewound');

    world.provider.script(() => ({
      status: 400,
      body: { error: { code: 'context_length_exceeded', message: 'too long', type: 'invalid_request_error' } },
    }));
    await send('drei');
    await page.getByText(errors.failure('context_too_long')).first().waitFor();
    await inGerman('failure');
    await viewer.reload();
    expect(await langOf(viewer)).toBe('de');
    await page.getByText(errors.failure('context_too_long')).first().waitFor();
    await inGerman('reloaded');
    expect(viewer.problems).toEqual([]);
  }, 120_000);

  test('is what a browser gets that asks for German first', async () => {
    const { chat } = await world.newChat({ guest: null });
    const viewer = await viewers.open(world.service().api, chat.id, { locale: 'de-AT' });
    await viewer.button(german.composer.send).waitFor();
    expect(await langOf(viewer)).toBe('de');
    expect(await englishTexts(viewer.page)).toEqual([]);
  }, 90_000);
});
